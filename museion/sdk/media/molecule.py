"""Molecules, as files of the formats chemists use."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from museion.errors import UsageError, ValueInvalid
from museion.sdk.media.modelled import FileOfKind


class Molecule(FileOfKind):
    """One molecule: the path of a file, or an open file with `file_type` (`"pdb"`, `"sdf"`, …).

    `Molecule.from_smiles("CCO")` and `Molecule.from_rdkit(mol)` need the package rdkit.
    """

    _type = "molecule-file"
    _folder = "molecule"
    _NOUN = "a molecule"
    _ENDINGS = (".pdb", ".pqr", ".mmcif", ".mcif", ".cif", ".sdf", ".sd", ".gro", ".mol2", ".mmtf", ".dx", ".mol")
    SUPPORTED_TYPES = frozenset(ending[1:] for ending in _ENDINGS)

    def __init__(self, data_or_path: Any, caption: Any = None, *, file_type: str | None = None) -> None:
        self._load(data_or_path, file_type, caption)

    @classmethod
    def from_smiles(
        cls,
        data: str,
        caption: Any = None,
        sanitize: bool = True,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """A molecule from its SMILES text."""
        chem = _rdkit()
        found = chem.MolFromSmiles(data, sanitize=sanitize)
        if found is None:
            raise ValueInvalid(f"{data!r} is not a SMILES text that RDKit can read.")
        return cls.from_rdkit(
            found, caption, convert_to_3d_and_optimize, mmff_optimize_molecule_max_iterations, add_hydrogens=True
        )

    @classmethod
    def from_rdkit(
        cls,
        data_or_path: Any,
        caption: Any = None,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
        *,
        add_hydrogens: bool = True,
    ) -> Molecule:
        """A molecule from one of RDKit, or from a file that RDKit reads (`.mol`, `.sdf`)."""
        chem = _rdkit()
        mol = chem.MolFromMolFile(str(data_or_path)) if isinstance(data_or_path, str | Path) else data_or_path
        if convert_to_3d_and_optimize:
            shapes = import_module("rdkit.Chem.AllChem")
            mol = chem.AddHs(mol) if add_hydrogens else mol
            shapes.EmbedMolecule(mol)
            shapes.MMFFOptimizeMolecule(mol, maxIters=mmff_optimize_molecule_max_iterations)
        from io import StringIO

        return cls(StringIO(chem.MolToPDBBlock(mol)), caption, file_type="pdb")


def _rdkit() -> Any:
    try:
        return import_module("rdkit.Chem")
    except ImportError:
        raise UsageError("This needs the package rdkit.", advice="pip install rdkit") from None
