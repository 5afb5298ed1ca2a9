package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/salve-security/salve/internal/release"
)

// programIsRight holds a program to its name: what it was built from, for what, as which version, and that nothing in
// it tells of the machine or of the state of the sources there.
func (r recipe) programIsRight(
	name string, program []byte, platform release.Platform, path string, list []byte,
) error {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	var problems []error
	for key, want := range map[string]string{
		"GOOS": platform.OS, "GOARCH": platform.Arch, "CGO_ENABLED": "0", "-trimpath": "true",
	} {
		if settings[key] != want {
			problems = append(problems, fmt.Errorf("built with %s %q, not %q", key, settings[key], want))
		}
	}
	for key := range settings {
		if strings.HasPrefix(key, "vcs") {
			problems = append(problems, fmt.Errorf("it knows of the repository: %s", key))
		}
	}
	if info.Path != path {
		problems = append(problems, fmt.Errorf("it was built from %s, not %s", info.Path, path))
	}
	if !bytes.Contains(program, []byte(r.version)) {
		problems = append(problems, fmt.Errorf("the version %s is not in it", r.version))
	}
	problems = append(problems, r.modulesAreListed(list), r.tellsOfThisMachine(program))
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// foldersHere are the folders that programs are built in on this machine.
func foldersHere(ctx context.Context) (map[string]string, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("this folder: %w", err)
	}
	folders := map[string]string{"the sources": here, "temporary files": filepath.Join(os.TempDir(), "salve-build-")}
	variables := []string{"GOROOT", "GOMODCACHE", "GOCACHE"}
	out, err := exec.CommandContext(ctx, "go", append([]string{"env"}, variables...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if i < len(variables) && line != "" {
			folders[variables[i]] = line
		}
	}
	return folders, nil
}

// tellsOfThisMachine looks for the folders that the program was built in.
func (r recipe) tellsOfThisMachine(program []byte) error {
	for what, folder := range r.told {
		if bytes.Contains(program, []byte(folder)) {
			return fmt.Errorf("it names %s, the folder of %s on this machine", folder, what)
		}
	}
	return nil
}

// saysItsVersion runs the program.
func (r recipe) saysItsVersion(ctx context.Context, program []byte) error {
	folder, err := os.MkdirTemp("", "salve-look-")
	if err != nil {
		return fmt.Errorf("no temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // a folder left behind harms nobody
	path := filepath.Join(folder, "salve")
	if err := os.WriteFile(path, program, 0o700); err != nil {
		return fmt.Errorf("unpack the program: %w", err)
	}
	out, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return fmt.Errorf("`salve version`: %w", err)
	}
	if !strings.Contains(string(out), r.version) {
		return fmt.Errorf("`salve version` says %q, not %s", out, r.version)
	}
	return nil
}
