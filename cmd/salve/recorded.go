package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rehearse"
)

// recordedName is a file, or a folder of files.
type recordedName string

// Validate is called for each that is given.
func (r recordedName) Validate() error {
	if about, err := os.Stat(string(r)); err == nil && about.IsDir() {
		return nil
	}
	return fileName(r).Validate()
}

// readRecorded hands out what was recorded in a file, in the files of a folder by their names, or is piped in.
func readRecorded(name recordedName, each func(rehearse.Entry) error) error {
	if name == standardInput {
		return rehearse.Read(os.Stdin, "standard input", each)
	}
	files, err := recordedIn(string(name))
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := readOne(file, each); err != nil {
			return err
		}
	}
	return nil
}

// recordedIn are the files that a name stands for.
func recordedIn(name string) ([]string, error) {
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		return []string{name}, nil //nolint:nilerr // opening it says what is wrong
	}
	var files []string
	err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && recordedAs(path) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return nil, fault.New(fault.Invalid, "read recorded events: %w", err)
	}
	if len(files) == 0 {
		return nil, fault.New(fault.Invalid, "read recorded events: folder %s holds no file that ends in %s", name,
			strings.Join(recordedEnds(), ", "))
	}
	return files, nil
}

func recordedEnds() []string { return []string{".json", ".jsonl", ".ndjson", ".json.gz", ".gz"} }

func recordedAs(path string) bool {
	return slices.ContainsFunc(recordedEnds(), func(end string) bool { return strings.HasSuffix(path, end) })
}

// readOne reads a file, also one that is packed as Firehose and S3 exports pack theirs.
func readOne(path string, each func(rehearse.Entry) error) error {
	file, err := fileName(path).open()
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	var from io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		unpacked, err := gzip.NewReader(file)
		if err != nil {
			return fault.New(fault.Invalid, "unpack %s: %w", path, err)
		}
		from = unpacked
	}
	return rehearse.Read(from, path, each)
}

// stream prints a list whose end is not known, and keeps none of it.
type stream struct {
	a     *app
	count int
}

func (a *app) rows() *stream { return &stream{a: a} }

// add prints an element of the list, or has it said to people.
func (s *stream) add(v any, text func()) (err error) {
	s.count++
	switch s.a.format {
	case formatJSON:
		err = s.json(v)
	case formatYAML:
		err = writeYAML(s.a.out, []any{v})
	case formatCSV:
		err = writeCSVRow(s.a.out, v, s.count == 1)
	default:
		text()
	}
	if err != nil {
		return fmt.Errorf("print as %s: %w", s.a.format, err)
	}
	return nil
}

func (s *stream) json(v any) error {
	raw, err := encode(v)
	if err != nil {
		return err
	}
	before := ",\n"
	if s.count == 1 {
		before = "[\n"
	}
	_, err = fmt.Fprintf(s.a.out, "%s%s", before, raw)
	return err //nolint:wrapcheck // add says what was being done
}

// end closes the list.
func (s *stream) end() (err error) {
	switch {
	case s.a.format == formatJSON && s.count > 0:
		_, err = fmt.Fprint(s.a.out, "\n]\n")
	case s.a.format == formatJSON, s.a.format == formatYAML && s.count == 0:
		_, err = fmt.Fprint(s.a.out, "[]\n")
	}
	return err //nolint:wrapcheck // nothing to add
}
