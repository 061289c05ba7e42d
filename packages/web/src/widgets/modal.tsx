import { useLayoutEffect, useRef, type ReactElement, type ReactNode } from 'react';
import { createPortal } from 'react-dom';

interface ModalProps {
  readonly className: string;
  /** Read aloud when it opens. */
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog above the page, which waits until it is closed: by Escape, by a click beside it, or by what stands in it. */
export function Modal({ className, label, onClose, children }: ModalProps): ReactElement {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    // Before it is gone, so that the focus returns to where it was.
    return () => dialog?.close();
  }, []);
  return createPortal(
    <dialog
      ref={ref}
      className={`floating modal ${className}`}
      aria-label={label}
      data-keyboard-layer=""
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClose={onClose}
      onPointerDown={(event) => {
        if (event.target === ref.current && isBeside(ref.current.getBoundingClientRect(), event)) onClose();
      }}
    >
      {children}
    </dialog>,
    document.body,
  );
}

function isBeside(
  { left, right, top, bottom }: DOMRect,
  { clientX, clientY }: { readonly clientX: number; readonly clientY: number },
): boolean {
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
