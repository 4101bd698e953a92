import styles from "./artifacts.module.css";

/** Aliases or tags. */
export function Pills({ words }: { words: readonly string[] }) {
  return (
    <span className={styles.pills}>
      {words.map((word) => (
        <em key={word}>{word}</em>
      ))}
    </span>
  );
}
