import type { PromptImage, PromptMessage } from '@sightline/schema/api';
import { useRef, useState, type ReactElement } from 'react';
import { formatBytes } from '@sightline/base';
import { mediaShape } from '../../model/media-source.ts';
import { Button, IconButton } from '../../widgets/button.tsx';

/** As much as the server takes of one image. */
const imageBytesMax = 3_700_000;

export function withImages(
  { images: _images, ...message }: PromptMessage,
  images: readonly PromptImage[],
): PromptMessage {
  return images.length === 0 ? message : { ...message, images: [...images] };
}

/** The images of a message of a user: those inside are shown, those elsewhere only linked. */
export function MessageImages({
  message,
  onChange,
}: {
  readonly message: PromptMessage;
  readonly onChange: (images: readonly PromptImage[]) => void;
}): ReactElement | null {
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState('');
  const images = message.images ?? [];
  if (message.role !== 'user') return null;
  const add = async (file: File): Promise<void> => {
    setProblem(file.size > imageBytesMax ? `${file.name} is larger than ${formatBytes(imageBytesMax)}.` : '');
    if (file.size > imageBytesMax) return;
    onChange([...images, { mediaType: file.type, data: await readBase64(file) }]);
  };
  return (
    <div className="message-images">
      {images.map((image, at) => (
        // Images have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <span key={at} className="message-image">
          <ShownImage image={image} />
          <IconButton
            icon="close"
            label={`Remove image ${at + 1}`}
            onClick={() => onChange(images.filter((_, place) => place !== at))}
          />
        </span>
      ))}
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Image file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined) void add(file).catch((error: unknown) => setProblem(String(error)));
          event.target.value = '';
        }}
      />
      <Button look="quiet" icon="image" onClick={() => input.current?.click()}>
        Image
      </Button>
      {problem !== '' && <span className="error-text small">{problem}</span>}
    </div>
  );
}

async function readBase64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => {
      const { result } = reader;
      resolve(typeof result === 'string' ? result.slice(result.indexOf(',') + 1) : '');
    });
    reader.addEventListener('error', () => reject(reader.error ?? new Error('The file cannot be read.')));
    reader.readAsDataURL(file);
  });
}

function ShownImage({ image }: { readonly image: PromptImage }): ReactElement {
  if ('url' in image)
    return (
      <a className="mono small" href={image.url} target="_blank" rel="noreferrer noopener">
        {image.url.slice(0, 60)}
      </a>
    );
  const shape = mediaShape({ type: 'image', mimeType: image.mediaType, data: image.data });
  return shape.shape === 'image' ? (
    <img src={shape.src} alt={`${image.mediaType} of the message`} />
  ) : (
    <span className="mono small">{image.mediaType}</span>
  );
}
