package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/release"
)

// check looks at a release as somebody who downloads it: every file is there and no other, the checksums are right,
// the archives hold what they should, the programs are what their names say, and nothing tells of this machine.
func (r recipe) check(ctx context.Context, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("look at the release: %w", err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		if files[entry.Name()], err = os.ReadFile(filepath.Join(folder, entry.Name())); err != nil {
			return fmt.Errorf("look at the release: %w", err)
		}
	}
	if r.told, err = foldersHere(ctx); err != nil {
		return err
	}
	problems := []error{r.namesAndSums(files)}
	for name, template := range templates() {
		if string(files[name]) != template {
			problems = append(problems, fmt.Errorf("%s is not the template of this release", name))
		}
	}
	for _, arch := range r.architectures {
		for _, f := range r.functions {
			problems = append(problems, r.functionIsRight(f, release.Lambda(arch), files))
		}
	}
	for _, platform := range r.platforms {
		problems = append(problems, r.commandLineIsRight(ctx, platform, files))
	}
	if r.commandLine != "" {
		problems = append(problems, r.modulesAreRight(files[modulesFile]))
	}
	return errors.Join(problems...)
}

// names are the files of the release but for the checksums.
func (r recipe) names() []string {
	out := slices.Collect(maps.Keys(templates()))
	for _, arch := range r.architectures {
		for _, f := range r.functions {
			out = append(out, f.file(arch)+".zip", f.file(arch)+".cdx.json")
		}
	}
	for _, platform := range r.platforms {
		out = append(out, commandLineName(platform)+".tar.gz", commandLineName(platform)+".cdx.json")
	}
	if r.commandLine != "" {
		out = append(out, modulesFile)
	}
	slices.Sort(out)
	return out
}

func (r recipe) namesAndSums(files map[string][]byte) error {
	var problems []error
	var sums strings.Builder
	for _, name := range r.names() {
		content, ok := files[name]
		if !ok {
			problems = append(problems, fmt.Errorf("%s is missing", name))
			continue
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
	}
	for name := range files {
		if name != "SHA256SUMS" && !slices.Contains(r.names(), name) {
			problems = append(problems, fmt.Errorf("%s is no part of it", name))
		}
	}
	if sums.String() != string(files["SHA256SUMS"]) {
		problems = append(problems, errors.New("SHA256SUMS is not about what is there"))
	}
	return errors.Join(problems...)
}

func (r recipe) functionIsRight(f function, platform release.Platform, files map[string][]byte) error {
	name := f.file(platform.Arch)
	archive, err := zip.NewReader(bytes.NewReader(files[name+".zip"]), int64(len(files[name+".zip"])))
	if err != nil {
		return fmt.Errorf("%s.zip: %w", name, err)
	}
	if len(archive.File) != 1 || archive.File[0].Name != "bootstrap" || archive.File[0].Mode() != 0o755 {
		return fmt.Errorf("%s.zip holds more or other than one program named bootstrap", name)
	}
	file, err := archive.File[0].Open()
	if err != nil {
		return fmt.Errorf("%s.zip: %w", name, err)
	}
	program, err := io.ReadAll(file)
	if err != nil {
		return fmt.Errorf("%s.zip: %w", name, err)
	}
	return r.programIsRight(name, program, platform, f.path, files[name+".cdx.json"])
}

func (r recipe) commandLineIsRight(ctx context.Context, platform release.Platform, files map[string][]byte) error {
	name := commandLineName(platform)
	content, err := untar(files[name+".tar.gz"])
	if err != nil {
		return fmt.Errorf("%s.tar.gz: %w", name, err)
	}
	if len(content) != 2 || content[0].Name != "salve" || !content[0].Program || content[1].Name != "LICENSE" {
		return fmt.Errorf("%s.tar.gz does not hold salve and LICENSE", name)
	}
	err = r.programIsRight(name, content[0].Content, platform, r.commandLine, files[name+".cdx.json"])
	if err != nil || platform != (release.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}) {
		return err
	}
	return r.saysItsVersion(ctx, content[0].Content)
}

func (r recipe) modulesAreRight(archive []byte) error {
	want, err := os.ReadFile(r.license)
	if err != nil {
		return fmt.Errorf("licence: %w", err)
	}
	expected, err := terraformFiles(want)
	if err != nil {
		return err
	}
	got, err := untar(archive)
	if err != nil {
		return fmt.Errorf("%s: %w", modulesFile, err)
	}
	same := func(a, b release.File) bool {
		return a.Name == b.Name && !a.Program && !b.Program && bytes.Equal(a.Content, b.Content)
	}
	if !slices.EqualFunc(expected, got, same) {
		return fmt.Errorf("%s does not hold the modules and templates of this release", modulesFile)
	}
	return nil
}

// untar unpacks an archive, and refuses what a release has no use for: links, owners, times, ways out of the folder.
func untar(archive []byte) ([]release.File, error) {
	packed, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	var out []release.File
	for reader := tar.NewReader(packed); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		if !ordinary(header) {
			return nil, fmt.Errorf("%s is no ordinary file", header.Name)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", header.Name, err)
		}
		out = append(out, release.File{Name: header.Name, Content: content, Program: header.Mode == 0o755})
	}
}

func ordinary(h *tar.Header) bool {
	return h.Typeflag == tar.TypeReg && filepath.IsLocal(h.Name) && h.ModTime.Unix() == 0 && h.Uname == "" && h.Uid == 0 &&
		(h.Mode == 0o644 || h.Mode == 0o755)
}

// listOfModules is what a CycloneDX document is checked for.
type listOfModules struct {
	Metadata struct {
		Component struct{ Version string }
	}
	Components []struct{ Name string }
}

func (r recipe) modulesAreListed(list []byte) error {
	var doc listOfModules
	if err := json.Unmarshal(list, &doc); err != nil {
		return fmt.Errorf("the list of modules: %w", err)
	}
	if doc.Metadata.Component.Version != r.version || len(doc.Components) == 0 {
		return errors.New("the list of modules is not of this version, or empty")
	}
	return nil
}
