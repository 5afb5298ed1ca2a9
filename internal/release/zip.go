// Package release builds what is released: the function's zip, the same bytes
// from the same sources, with the list of what is in it.
package release

import (
	"archive/zip"
	"bytes"
	"fmt"
)

// Zip packs a program as Lambda's OS-only runtimes want it: one executable
// named bootstrap. The archive is the same for the same program.
func Zip(program []byte) ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate} // without a time: it would differ each time
	header.SetMode(0o755)
	file, err := archive.CreateHeader(header)
	if err != nil {
		return nil, fmt.Errorf("pack function: %w", err)
	}
	if _, err := file.Write(program); err != nil {
		return nil, fmt.Errorf("pack function: %w", err)
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("pack function: %w", err)
	}
	return out.Bytes(), nil
}
