"""What a GraphQL document may ask for at once. The client's own documents stay far below."""

from __future__ import annotations

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
)

MAX_LENGTH = 256 * 1024
MAX_TOKENS = 20_000
MAX_DEPTH = 24
MAX_FIELDS = 3_000
MAX_ROOTS = 24
MAX_ALIASES = 200
SECONDS = 30.0


def check_document(document: DocumentNode) -> None:
    """Raise GraphQLError if an operation, its fragments unfolded, is deeper or wider than the limits."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            if len(definition.selection_set.selections) > MAX_ROOTS:
                raise GraphQLError(f"An operation may have {MAX_ROOTS} fields at its root.")
            _Counter(fragments).walk(definition.selection_set, 1)


class _Counter:
    """Counts as execution would: a fragment costs wherever it is spread."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._open: set[str] = set()
        self._fields = 0
        self._aliases = 0

    def walk(self, selected: SelectionSetNode, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise GraphQLError(f"The document is nested deeper than {MAX_DEPTH} levels.")
        for node in selected.selections:
            if isinstance(node, FieldNode):
                self._count(node)
            if isinstance(node, FragmentSpreadNode):
                self._spread(node.name.value, depth)
            elif (inner := getattr(node, "selection_set", None)) is not None:
                self.walk(inner, depth + 1)

    def _count(self, node: FieldNode) -> None:
        self._fields += 1
        self._aliases += node.alias is not None
        if self._fields > MAX_FIELDS:
            raise GraphQLError(f"The document asks for more than {MAX_FIELDS:,} fields.")
        if self._aliases > MAX_ALIASES:
            raise GraphQLError(f"The document has more than {MAX_ALIASES} aliases.")

    def _spread(self, name: str, depth: int) -> None:
        found = self._fragments.get(name)
        if found is None or name in self._open:
            return  # validation says it better
        self._open.add(name)
        self.walk(found.selection_set, depth + 1)
        self._open.discard(name)
