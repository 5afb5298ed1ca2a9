// Command apis writes the names of AWS's APIs and of their inputs, from botocore's models, for judging runbooks.
// Run it by make apis: it needs the lab's environment, where botocore is.
package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	venv := flag.String("venv", ".venv", "the lab's Python environment")
	out := flag.String("out", "internal/runbook/validate/apis.json.gz", "the file to write")
	flag.Parse()
	if err := run(*venv, *out); err != nil {
		fmt.Fprintln(os.Stderr, "apis:", err)
		os.Exit(1)
	}
}

// catalogue is what the file holds.
type catalogue struct {
	Botocore string                       `json:"botocore"` // the version that the names are of
	Services map[string]map[string]string `json:"services"` // boto3's name → API → inputs, a required one ends with !
}

// model is the part of a service's model that names things.
type model struct {
	Operations map[string]struct {
		Input struct {
			Shape string `json:"shape"`
		} `json:"input"`
	} `json:"operations"`
	Shapes map[string]struct {
		Required []string                   `json:"required"`
		Members  map[string]json.RawMessage `json:"members"`
	} `json:"shapes"`
}

func run(venv, out string) error {
	found, err := filepath.Glob(filepath.Join(venv, "lib", "python3*", "site-packages", "botocore-*.dist-info"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("no botocore in %s: run make lab-env: %w", venv, errors.Join(err, os.ErrNotExist))
	}
	version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(found[0]), "botocore-"), ".dist-info")
	data := filepath.Join(filepath.Dir(found[0]), "botocore", "data")
	all := catalogue{Botocore: version, Services: map[string]map[string]string{}}
	folders, err := os.ReadDir(data)
	if err != nil {
		return fmt.Errorf("botocore's models: %w", err)
	}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		apis, err := service(filepath.Join(data, folder.Name()))
		if err != nil {
			return err
		}
		if len(apis) > 0 {
			all.Services[folder.Name()] = apis
		}
	}
	return write(out, all)
}

// service reads a service's newest model.
func service(dir string) (map[string]string, error) {
	models, err := filepath.Glob(filepath.Join(dir, "*", "service-2.json.gz"))
	if err != nil {
		return nil, fmt.Errorf("a service's models: %w", err)
	}
	if len(models) == 0 {
		return nil, nil
	}
	slices.Sort(models)
	file, err := os.Open(models[len(models)-1])
	if err != nil {
		return nil, fmt.Errorf("a model: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	var m model
	if err := json.NewDecoder(text).Decode(&m); err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	apis := map[string]string{}
	for name, operation := range m.Operations {
		apis[name] = inputs(m, operation.Input.Shape)
	}
	return apis, nil
}

// inputs are the names of an API's inputs, in their order, with commas.
func inputs(m model, shape string) string {
	in := m.Shapes[shape]
	var names []string
	for name := range in.Members {
		if slices.Contains(in.Required, name) {
			name += "!"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

// write compresses it; the same models give the same bytes.
func write(path string, all catalogue) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the names: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	packed, err := gzip.NewWriterLevel(file, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("write the names: %w", err)
	}
	packed.ModTime = time.Time{}
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("write the names: %w", err)
	}
	_, err = packed.Write(text)
	if err = errors.Join(err, packed.Close()); err != nil {
		return fmt.Errorf("write the names: %w", err)
	}
	return nil
}
