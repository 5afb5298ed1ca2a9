// Package ran is the record of what the suite of all controls ran: each package of playbooks keeps one, its tests hold
// it, and the pages of controls are written from it.
package ran

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Path is where the record lies in the folder of its package.
const Path = "testdata/ran.json"

// Record is what ran, by control.
type Record map[string]Control

// Control is what ran for one control.
type Control struct {
	// Suites are the runs of the suite, by test and what they begin with: "TestAlarms/from no topic".
	Suites map[string]Suite `json:"suites,omitempty"`
	// Answered are the tests in which calls were answered in the place of AWS.
	Answered []string `json:"answered,omitempty"`
}

// Suite is one run of the suite.
type Suite struct {
	On  string `json:"on"`  // what played AWS
	Ran int    `json:"ran"` // how many cases
	// Left are the cases that the control cannot have, with the reason.
	Left map[string]string `json:"left,omitempty"`
	// Without are the cases that are about something which the control has not.
	Without []string `json:"without,omitempty"`
	// Shown are the cases that another control of its family shows for it, by that control.
	Shown map[string][]string `json:"shown,omitempty"`
}

// Read returns the record of a folder; false where there is none.
func Read(root fs.FS, folder string) (Record, bool, error) {
	text, err := fs.ReadFile(root, path.Join(folder, Path))
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read what ran: %w", err)
	}
	r := Record{}
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, false, fmt.Errorf("read what ran in %s: %w", folder, err)
	}
	return r, true, nil
}

// Write puts the record into a folder.
func (r Record) Write(folder string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write what ran: %w", err)
	}
	file := filepath.Join(folder, filepath.FromSlash(Path))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write what ran: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write what ran: %w", err)
	}
	return nil
}

// Answer adds a test in which calls of the control were answered; false where it is there already.
func (c *Control) Answer(test string) bool {
	at, there := slices.BinarySearch(c.Answered, test)
	if !there {
		c.Answered = slices.Insert(c.Answered, at, test)
	}
	return !there
}
