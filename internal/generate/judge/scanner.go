package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/salve-security/salve/internal/judge"
)

// request is what scan.py takes.
type request struct {
	Endpoint string   `json:"endpoint"`
	Key      string   `json:"key"`
	Secret   string   `json:"secret"`
	Region   string   `json:"region"`
	Services []string `json:"services"`
	Only     []string `json:"only"` // checks; empty is all
}

// scanner is Prowler, loaded once for all scans.
type scanner struct {
	version string
	mu      sync.Mutex
	in      io.WriteCloser
	answers *json.Decoder
	cmd     *exec.Cmd
}

func startScanner(ctx context.Context, python string) (*scanner, error) {
	if _, err := os.Stat(python); err != nil {
		return nil, fmt.Errorf("the environment of Prowler is missing: run `make judge`: %w", err)
	}
	cmd := exec.CommandContext(ctx, python, filepath.Join("internal", "judge", "prowler", "scan.py"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start Prowler: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start Prowler: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start Prowler: %w", err)
	}
	s := &scanner{in: in, answers: json.NewDecoder(out), cmd: cmd}
	var hello struct {
		Version string `json:"version"`
	}
	if err := s.answers.Decode(&hello); err != nil {
		return nil, fmt.Errorf("start Prowler: %w", err)
	}
	s.version = hello.Version
	return s, nil
}

// scan is one scan. They come one after the other: the lab is not what is to be measured.
func (s *scanner) scan(r request) (judge.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a judge.Answer
	if err := json.NewEncoder(s.in).Encode(r); err != nil {
		return a, fmt.Errorf("ask Prowler: %w", err)
	}
	if err := s.answers.Decode(&a); err != nil {
		return a, fmt.Errorf("hear Prowler: %w", err)
	}
	if a.Failed != "" {
		return a, fmt.Errorf("scan with Prowler: %s", a.Failed)
	}
	return a, nil
}

// close ends Prowler.
func (s *scanner) close() error {
	_ = s.in.Close() // it ends with its input
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("end Prowler: %w", err)
	}
	return nil
}
