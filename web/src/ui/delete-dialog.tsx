import { useState, type ReactNode } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { formatSize } from "@/core/format";
import { FormDialog } from "./dialog";

interface DeleteDialogProps {
  /** `3 runs`, `the version mnist:v4`. */
  what: string;
  count: number;
  /** How many bytes that would free, without doing it; undefined where nobody can say. */
  ask: () => Promise<number | undefined>;
  /** Does it and says how many bytes that freed. */
  act: () => Promise<number>;
  onClose: () => void;
  onDone: (freed: number) => Promise<void> | void;
  children?: ReactNode;
  /** When this changes, it is counted anew. */
  of?: string;
  /** Whether it may be done, as far as the children ask for something. */
  isReady?: boolean;
}

/** From this many on, the number has to be typed. */
const MANY = 20;

/** Asks before something is gone, and says what that frees. */
export function DeleteDialog({ what, count, ask, act, onClose, onDone, children, of = "", isReady = true }: DeleteDialogProps) {
  const [typed, setTyped] = useState("");
  const frees = useQuery({ queryKey: ["frees", what, count, of], queryFn: async () => (await ask()) ?? null, staleTime: 0, gcTime: 0, retry: false });
  const remove = useMutation({
    mutationFn: act,
    onSuccess: async (freed) => {
      await onDone(freed);
      onClose();
    },
  });
  const mustType = count > MANY;
  return (
    <FormDialog title={`Delete ${what}?`} action={`Delete ${what}`} isDanger onClose={onClose} onSubmit={() => { remove.mutate(); }}
      isReady={isReady && (!mustType || typed === String(count))} isBusy={remove.isPending} error={remove.error}>
      <p aria-live="polite">
        {frees.isLoading ? "Counting what that frees…" : typeof frees.data === "number" ? <>This frees <strong>{formatSize(frees.data)}</strong>: bytes that nothing else needs.</> : "Bytes that nothing else needs are freed."}
      </p>
      {children}
      {mustType && (
        <label>
          Type {count} to confirm
          <input type="text" inputMode="numeric" className="field" value={typed} onChange={(event) => { setTyped(event.target.value); }} />
        </label>
      )}
    </FormDialog>
  );
}
