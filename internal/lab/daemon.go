package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

const (
	spawnTimeout = 3 * time.Minute
	stopTimeout  = 15 * time.Second
	lookEvery    = 20 * time.Millisecond
)

// Daemon is a lab in the background, as its state file describes it.
type Daemon struct {
	Name     string   `json:"name"`
	PID      int      `json:"pid"`
	Endpoint string   `json:"endpoint"`
	Dir      string   `json:"dir"`
	Hub      string   `json:"hub"`
	Members  []string `json:"members"`
	Regions  []string `json:"regions"`
	OrgID    string   `json:"org_id"`

	Management string `json:"management"`
}

// ErrNotRunning says that there is no lab of that name.
var ErrNotRunning = errors.New("no such lab is running: start it with `salve lab start`")

var daemonName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)

// stateFile is where a lab in the background leaves word of itself; its log lies beside it.
func stateFile(name string) (string, error) {
	if !daemonName.MatchString(name) {
		return "", fmt.Errorf("lab name %q: use lower-case letters, digits and dashes, 31 at most", name)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the lab's state: set HOME or XDG_CACHE_HOME: %w", err)
	}
	return filepath.Join(cache, "salve", "lab", name+".json"), nil
}

// Find returns the running lab of that name, or ErrNotRunning.
func Find(ctx context.Context, name string) (Daemon, error) {
	found, err := readState(name)
	if err != nil {
		return Daemon{}, err
	}
	// A lab that was killed leaves its file behind, and its process id may be somebody else's by now.
	if status, err := found.Status(ctx); err != nil || status.PID != found.PID {
		return Daemon{}, ErrNotRunning
	}
	return found, nil
}

// readState reads what a lab left word of, running or not.
func readState(name string) (Daemon, error) {
	path, err := stateFile(name)
	if err != nil {
		return Daemon{}, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Daemon{}, ErrNotRunning
	}
	if err != nil {
		return Daemon{}, fmt.Errorf("reading the lab's state: %w", err)
	}
	var found Daemon
	if err := json.Unmarshal(text, &found); err != nil {
		return Daemon{}, fmt.Errorf("reading the lab's state in %s: %w: remove that file", path, err)
	}
	return found, nil
}

// Serve runs a lab of that name until the context ends or the process is told to end.
func Serve(ctx context.Context, name string, o Options) error {
	path, err := stateFile(name)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := Start(ctx, o)
	if err != nil {
		return err
	}
	if o.Prepare != nil {
		if err := o.Prepare(ctx, l); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	if err := l.announce(name, path); err != nil {
		return errors.Join(err, l.Close())
	}
	<-ctx.Done()
	return errors.Join(l.Close(), os.Remove(path))
}

// announce writes the state file, whole or not at all.
func (l *Lab) announce(name, path string) error {
	text, err := json.Marshal(Daemon{
		Name: name, PID: os.Getpid(), Endpoint: l.endpoint, Dir: l.dir, Hub: l.options.Hub, Members: l.Members(),
		Regions: l.Regions(), OrgID: l.OrgID(),
		Management: l.Management(),
	})
	if err == nil {
		err = os.WriteFile(path+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("writing the lab's state: %w", err)
	}
	return nil
}

// Stop ends the lab of that name and returns when nothing of it is left.
func Stop(ctx context.Context, name string) error {
	found, err := readState(name)
	if err != nil {
		return err
	}
	if _, err := Find(ctx, name); err == nil {
		if err := end(ctx, found); err != nil {
			return err
		}
	}
	path, err := stateFile(name)
	if err != nil {
		return err
	}
	// A lab that was killed could not clean up; one that was stopped leaves only its log.
	if strings.HasPrefix(filepath.Base(found.Dir), tempPrefix) {
		err = wrapClean(os.RemoveAll(found.Dir))
	}
	return errors.Join(err, remove(path), remove(strings.TrimSuffix(path, ".json")+".log"))
}

// end tells a lab's process to end and waits for it.
func end(ctx context.Context, d Daemon) error {
	if err := terminate(d.PID); err != nil {
		return fmt.Errorf("stopping lab %s: %w", d.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for alive(d.PID) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("lab %s (process %d) does not end: %w", d.Name, d.PID, ctx.Err())
		}
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the lab's state: %w", err)
	}
	return nil
}

// Status asks a lab in the background how it is.
func (d Daemon) Status(ctx context.Context) (Status, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Endpoint+"/_lab/status", nil)
	if err != nil {
		return Status{}, fmt.Errorf("asking lab %s: %w", d.Name, err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return Status{}, fmt.Errorf("asking lab %s: %w", d.Name, err)
	}
	defer func() { _ = answer.Body.Close() }()
	var status Status
	if err := json.NewDecoder(answer.Body).Decode(&status); err != nil {
		return Status{}, fmt.Errorf("reading the answer of lab %s: %w", d.Name, err)
	}
	return status, nil
}
