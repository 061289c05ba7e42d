declare module 'subset-font' {
  interface Options {
    readonly targetFormat: 'woff2';
    readonly variationAxes?: Readonly<Record<string, { readonly min: number; readonly max: number }>>;
    /** Leaves out glyphs that only layout rules lead to, such as ligatures. */
    readonly noLayoutClosure?: boolean;
  }
  /** The font with the glyphs of `text` alone. */
  const subsetFont: (font: Buffer, text: string, options: Options) => Promise<Buffer>;
  export default subsetFont;
}
