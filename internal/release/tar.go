package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
)

// File is one of an archive.
type File struct {
	Name    string
	Content []byte
	Program bool // whether it can be run
}

// Tar packs files as tar and gzip, in their order. The archive is the same for the same files.
func Tar(files []File) ([]byte, error) {
	var out bytes.Buffer
	packed, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("pack the archive: %w", err)
	}
	archive := tar.NewWriter(packed)
	for _, f := range files {
		header := &tar.Header{Name: f.Name, Mode: 0o644, Size: int64(len(f.Content)), Format: tar.FormatUSTAR}
		if f.Program {
			header.Mode = 0o755
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Name, err)
		}
		if _, err := archive.Write(f.Content); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("pack the archive: %w", err)
	}
	if err := packed.Close(); err != nil {
		return nil, fmt.Errorf("pack the archive: %w", err)
	}
	return out.Bytes(), nil
}
