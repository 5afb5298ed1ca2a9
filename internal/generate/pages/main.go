// Command pages writes the pages of controls and standards below docs.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/docs"
	"github.com/salve-security/salve/internal/proof"
	"github.com/salve-security/salve/playbooks"
)

func main() {
	root := flag.String("root", ".", "folder of the repository")
	flag.Parse()
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	standards, err := playbooks.Load()
	if err != nil {
		return fmt.Errorf("standards: %w", err)
	}
	registry, err := controls.All(standards.Listing)
	if err != nil {
		return fmt.Errorf("controls: %w", err)
	}
	court, err := docs.ReadCourt(os.DirFS(root))
	if err != nil {
		return err
	}
	proofs, err := proof.Read(os.DirFS(filepath.Join(root, "docs", proof.Folder)))
	if err != nil {
		return err
	}
	sources := docs.Sources{
		Controls: registry, Standards: standards,
		Playbooks: os.DirFS(filepath.Join(root, "functions", "playbooks")),
		Lists:     os.DirFS(filepath.Join(root, "playbooks")),
		Court:     court,
		Proofs:    proofs,
	}
	pages, err := docs.Pages(sources)
	if err != nil {
		return err
	}
	folders, err := docs.Folders(sources)
	if err != nil {
		return err
	}
	return errors.Join(replace(filepath.Join(root, "docs"), pages), write(filepath.Join(root, "playbooks"), folders),
		inscribe(root, proofs))
}

// inscribe writes into pages that are written by hand what is proven on AWS.
func inscribe(root string, proofs proof.Proofs) error {
	pages := map[string]string{}
	for _, name := range docs.Proven() {
		page, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return fmt.Errorf("read page: %w", err)
		}
		if pages[name], err = proofs.Inscribe(string(page)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return write(root, pages)
}

// replace brings the folders of generated pages to exactly these: the page of a control that is no longer there goes.
func replace(dir string, pages map[string]string) error {
	if err := write(dir, pages); err != nil {
		return err
	}
	stale, err := docs.Stale(os.DirFS(dir), pages)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range stale {
		err := os.Remove(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove page: %w", err))
		}
	}
	return errors.Join(errs...)
}

// write leaves a page that is current untouched.
func write(dir string, pages map[string]string) error {
	for name, text := range pages {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, []byte(text)) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return fmt.Errorf("write page: %w", err)
		}
	}
	return nil
}
