/** Classes of a small read-only table: a native <table>. */
import { pick } from './pick.ts';
import styles from './table.module.css';

export const tableClass = pick(styles);
