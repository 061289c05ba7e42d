/** What of its words a graph shows at a scale. */
export interface GraphText {
  /** In units of the drawing. */
  readonly nameSize: number;
  readonly nameLengthMax: number;
  readonly detailSize: number;
  /** 0 where the box is too low for two lines. */
  readonly detailLengthMax: number;
  readonly hasIcon: boolean;
  readonly labelSize: number;
}

const nameSize = 13;
const detailSize = 12;
/** No word on the screen is smaller. */
const textPxMin = 11;
/** From here down the words would leave their boxes; they shrink with the drawing again. */
const growthMax = 1.9;
/** Below this scale a box is too low for two lines and too narrow for its icon. */
const twoLinesMin = 0.7;
/** A letter's width, as a share of the size of the text. */
const boldWidth = 0.49;
const plainWidth = 0.47;
/** Room of a box that is no text, with the icon and without. */
const besideText = { withIcon: 42, without: 20 };

/** Words keep a readable size while the drawing shrinks: they are cut shorter, and the second line and the icon make room. */
export function graphText(scale: number, boxWidth: number): GraphText {
  const least = Math.min(textPxMin / scale, detailSize * growthMax);
  const hasRoom = scale >= twoLinesMin;
  const room = boxWidth - (hasRoom ? besideText.withIcon : besideText.without);
  const name = Math.max(nameSize, least);
  const detail = Math.max(detailSize, least);
  return {
    nameSize: name,
    nameLengthMax: Math.floor(room / (name * boldWidth)),
    detailSize: detail,
    detailLengthMax: hasRoom ? Math.floor(room / (detail * plainWidth)) : 0,
    hasIcon: hasRoom,
    labelSize: detail,
  };
}
