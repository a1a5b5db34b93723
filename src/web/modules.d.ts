declare module '*.module.css' {
  const styles: Readonly<Record<string, string>>;
  export default styles;
}
declare module '*.css';

/** Version of the package that this bundle was built from. */
declare const __APP_VERSION__: string;
