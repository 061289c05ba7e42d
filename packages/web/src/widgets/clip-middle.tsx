import type { ReactElement } from 'react';

const endLength = 8;
const segmenter = new Intl.Segmenter();

/** A name that gives way in its middle where there is no room: names of a family differ at their end. */
export function ClipMiddle({ text }: { readonly text: string }): ReactElement {
  // Not within a letter of two code units, nor before an accent.
  const signs = [...segmenter.segment(text)].map(({ segment }) => segment);
  if (signs.length < endLength * 2) return <span className="clip">{text}</span>;
  return (
    <span className="clip-middle">
      <span className="clip">{signs.slice(0, -endLength).join('')}</span>
      <span>{signs.slice(-endLength).join('')}</span>
    </span>
  );
}
