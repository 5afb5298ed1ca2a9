package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Spawn starts a lab in the background, by running this program again as `lab serve`, and returns when it answers.
func Spawn(ctx context.Context, name string, o Options) (Daemon, error) {
	path, err := stateFile(name)
	if err != nil {
		return Daemon{}, err
	}
	if found, err := Find(ctx, name); err == nil {
		return found, fmt.Errorf("lab %s runs already at %s: stop it with `salve lab stop` or choose another name",
			name, found.Endpoint)
	}
	// Checked here as well, so that the usual mistakes are told at once and not found in a log.
	if o, err = o.withDefaults(); err != nil {
		return Daemon{}, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Daemon{}, fmt.Errorf("the lab's state: %w", err)
	}
	log, err := os.Create(strings.TrimSuffix(path, ".json") + ".log")
	if err != nil {
		return Daemon{}, fmt.Errorf("the lab's log: %w", err)
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	cmd, err := serveCommand(name, o)
	if err != nil {
		return Daemon{}, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return Daemon{}, fmt.Errorf("starting the lab: %w", err)
	}
	return await(ctx, name, cmd, log.Name())
}

// serveCommand is this program, detached, told to serve these options.
func serveCommand(name string, o Options) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program to run it again: %w", err)
	}
	arguments := []string{
		"lab", "serve", "--name", name, "--port", strconv.Itoa(o.Port), "--python", o.Python,
		"--hub", o.Hub, "--management", o.Management, "--member", strings.Join(o.Members, ","),
		"--region", strings.Join(o.Regions, ","),
	}
	if o.Bare {
		arguments = append(arguments, "--bare")
	}
	cmd := exec.Command(program, append(arguments, o.Arguments...)...)
	detach(cmd)
	return cmd, nil
}

// await returns when the lab has left word of itself, or with the last line of its log when it ended instead.
func await(ctx context.Context, name string, cmd *exec.Cmd, log string) (Daemon, error) {
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended stands in its log
		close(ended)
	}()
	ctx, cancel := context.WithTimeout(ctx, spawnTimeout)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if found, err := Find(ctx, name); err == nil && found.PID == cmd.Process.Pid {
			return found, nil
		}
		select {
		case <-tick.C:
		case <-ended:
			return Daemon{}, fmt.Errorf("the lab did not start: %s", lastLine(log))
		case <-ctx.Done():
			return Daemon{}, errors.Join(fmt.Errorf("the lab did not start in time (see %s): %w", log, ctx.Err()),
				terminate(cmd.Process.Pid))
		}
	}
}

// lastLine is where a program says why it ended.
func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
