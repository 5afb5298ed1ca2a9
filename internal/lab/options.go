package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// Defaults of the lab's accounts and Region.
const (
	DefaultHub        = "111111111111"
	DefaultManagement = "100000000000"
	DefaultRegion     = "us-east-1"
	memberOne         = "222222222222"
	memberTwo         = "333333333333"
)

// pythonVariable names the interpreter when it is neither an option nor in the project's virtual environment.
const pythonVariable = "SALVE_LAB_PYTHON"

// Options say what lab to start. The zero value is a lab with a hub, two members and a free port.
type Options struct {
	Port    int      // of the endpoint on 127.0.0.1; 0 takes a free one
	Regions []string // the first is the default one
	Hub     string   // account of the Security Hub administrator
	Members []string // accounts it administers
	// Management is the account that the organization of hub and members belongs to.
	Management string
	// Bare is an organization in which no service is switched on yet: no administrator, no Security Hub. Then the lab
	// plays what its services do for an organization, and the management account may enter the others by AccessRole.
	Bare   bool
	Python string           // interpreter that has internal/lab/emulators/requirements.txt installed
	Dir    string           // existing folder for the lab's files; empty makes a temporary one
	Log    io.Writer        // output of the emulators; empty writes emulators.log into Dir
	Clock  func() time.Time // of the journal

	// Handlers serve calls after authorisation, by signing name. What one answers with 501 is not its: the lab serves
	// it as if there were none.
	Handlers map[string]http.Handler

	// Prepare runs in the lab's process before it counts as ready; Arguments are what a lab in the background
	// gets on its command line besides these options.
	Prepare   func(ctx context.Context, l *Lab) error
	Arguments []string
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// withDefaults fills what was left out and refuses what cannot work.
func (o Options) withDefaults() (Options, error) {
	if o.Hub == "" {
		o.Hub = DefaultHub
	}
	if o.Members == nil {
		o.Members = []string{memberOne, memberTwo}
	}
	if o.Management == "" {
		o.Management = DefaultManagement
	}
	if len(o.Regions) == 0 {
		o.Regions = []string{DefaultRegion}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	for _, account := range append([]string{o.Hub, o.Management}, o.Members...) {
		if !accountID.MatchString(account) {
			return o, fmt.Errorf("account %q is not 12 digits: name accounts by their id", account)
		}
	}
	if o.Management == o.Hub || slices.Contains(o.Members, o.Management) {
		return o, fmt.Errorf("account %s cannot be the management account and hub or member as well: name another one",
			o.Management)
	}
	python, err := findPython(o.Python)
	o.Python = python
	return o, err
}

// findPython returns the interpreter to use: the one given, the one in the environment, or the nearest
// .venv/bin/python in this folder or one above it.
func findPython(given string) (string, error) {
	if given == "" {
		given = os.Getenv(pythonVariable)
	}
	if given != "" {
		// Emulators run in a folder of their own, where a relative path means something else.
		found, err := exec.LookPath(given)
		if err == nil || errors.Is(err, exec.ErrDot) {
			found, err = filepath.Abs(found)
		}
		if err != nil {
			return "", fmt.Errorf("the lab's Python %s is not there: run `make lab-env`, or set %s", given, pythonVariable)
		}
		return found, nil
	}
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("looking for the lab's Python: %w", err)
	}
	for {
		candidate := filepath.Join(folder, ".venv", "bin", "python")
		if _, err := os.Stat(candidate); err == nil {
			return candidate, nil
		}
		if filepath.Dir(folder) == folder {
			return "", errors.New("the lab's Python environment is missing: run `make lab-env`, or set " +
				pythonVariable + " to a Python that has internal/lab/emulators/requirements.txt installed")
		}
		folder = filepath.Dir(folder)
	}
}
