package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/salve-security/salve/internal/fault"
)

// standardInput is how a command names what is piped into it.
const standardInput = "-"

// fileName is a file that a flag or an argument names, in every command: one that is not there is wrong usage, found
// before anybody is asked for credentials.
type fileName string

// Validate is called for each that is given.
func (f fileName) Validate() error {
	if f == standardInput {
		return nil
	}
	file, err := f.open()
	if err == nil {
		_ = file.Close() // nothing was read
	}
	return err
}

// open opens the file, which is none where it is a folder.
func (f fileName) open() (*os.File, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return nil, fault.New(fault.Invalid, "name a file that is there and can be read: %w", err)
	}
	if about, err := file.Stat(); err == nil && about.IsDir() {
		_ = file.Close() // nothing was read
		return nil, fault.New(fault.Invalid, "%s is a folder: name a file", f)
	}
	return file, nil
}

// read is what stands in the file or is piped in, a byte more than allowed at most.
func (f fileName) read(most int64) ([]byte, error) {
	file := os.Stdin
	if f != standardInput {
		opened, err := f.open()
		if err != nil {
			return nil, err
		}
		defer func() { _ = opened.Close() }() // it was only read
		file = opened
	}
	raw, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, fault.New(fault.Invalid, "name a file that can be read: %w", err)
	}
	return raw, nil
}

// fileNames are several of them.
type fileNames []fileName

// Validate is called where any is given.
func (all fileNames) Validate() error {
	for _, f := range all {
		if err := f.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// diskName is a file that another process reads too, so that nothing can be piped in.
type diskName string

// Validate is called for each that is given.
func (d diskName) Validate() error {
	if d == standardInput {
		return fault.New(fault.Invalid, "nothing can be piped in here: name a file")
	}
	return fileName(d).Validate()
}

// programName is a program on this machine that a flag names, by its path or as the shell finds it.
type programName string

// Validate is called for each that is given.
func (p programName) Validate() error {
	if _, err := exec.LookPath(string(p)); err != nil {
		return fault.New(fault.Invalid, "name a program that is there and can be run: %w", err)
	}
	return nil
}

// newFile is a file that a command writes, in a folder that is there.
type newFile string

// Validate is called for each that is given.
func (n newFile) Validate() error {
	if n == "" || n == standardInput {
		return fault.New(fault.Invalid, "name a file to write")
	}
	folder := filepath.Dir(string(n))
	if about, err := os.Stat(folder); err != nil || !about.IsDir() {
		return fault.New(fault.Invalid, "%s cannot be written: %s is no folder that is there", string(n), folder)
	}
	return nil
}
