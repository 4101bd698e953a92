import { Component, type ReactNode } from "react";
import { Failure } from "./parts";

interface BoundaryProps {
  /** When this changes, it is tried again. */
  of: string;
  children: ReactNode;
}

/** A part of the page that breaks says so in its place; the rest of the page goes on. */
export class Boundary extends Component<BoundaryProps, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidUpdate(before: BoundaryProps): void {
    if (before.of !== this.props.of && this.state.error) this.setState({ error: null });
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error ? <Failure error={error} onRetry={() => { this.setState({ error: null }); }} /> : this.props.children;
  }
}
