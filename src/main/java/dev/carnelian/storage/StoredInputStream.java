package dev.carnelian.storage;

import java.io.IOException;

/** Reads a part of a file. */
final class StoredInputStream extends PieceInputStream {
    private final FileContents contents;
    private final StoredFile file;
    private final long end;
    private long position;

    StoredInputStream(FileContents contents, StoredFile file, long from, long length) {
        this.contents = contents;
        this.file = file;
        this.position = from;
        this.end = from + length;
    }

    @Override
    protected byte[] nextPiece() throws IOException {
        int pieceBytes = contents.pieceBytes();
        int length = (int) Math.min(pieceBytes - position % pieceBytes, end - position);
        if (length == 0) {
            return new byte[0];
        }
        byte[] piece = contents.read(file, position, length);
        if (piece.length != length) {
            throw new IOException("file " + file.id() + " was deleted while it was read");
        }
        position += length;
        return piece;
    }
}
