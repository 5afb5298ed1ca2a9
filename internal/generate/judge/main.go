// Command judge has Prowler look at what the suites of playbooks make, at their fixes and at their undoes, and writes
// down what it says. Run it by make judge: it needs Prowler's environment, and the lab's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/judge"
	"github.com/salve-security/salve/internal/ran"
)

// playbooks is where the suites are.
const playbooks = "functions/playbooks"

func main() {
	python := flag.String("python", ".judge-venv/bin/python", "interpreter that has Prowler installed")
	only := flag.String("only", "", "judge these services only, separated by commas, and keep what is known of the others")
	file := flag.String("record", judge.Path, "the file to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *python, *only, *file); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, python, only, file string) (err error) {
	suites, err := findSuites(os.DirFS(playbooks))
	if err != nil {
		return err
	}
	chosen, record := suites, judge.Record{Controls: map[string][]judge.Seen{}}
	if only != "" {
		if chosen, err = choose(suites, strings.Split(only, ",")); err != nil {
			return err
		}
		if record, err = judge.ReadRecord(os.DirFS(filepath.Dir(file)), filepath.Base(file)); err != nil {
			return err
		}
	}
	checks, err := judge.ReadChecks()
	if err != nil {
		return err
	}
	scans, err := startScanner(ctx, python)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scans.close()) }()
	record.Prowler = scans.version
	c := court{
		checks: checks, scan: scans.scan, record: record, trials: map[string]*judge.Trial{}, anew: map[string]bool{},
	}
	at, closing, err := serve(&c)
	if err != nil {
		return err
	}
	defer closing()
	var failed []string
	for _, s := range chosen {
		fmt.Fprintln(os.Stderr, "judging", s.folder)
		if err := s.run(ctx, at); err != nil {
			failed = append(failed, s.folder)
			fmt.Fprintln(os.Stderr, err)
		}
		if err := c.record.Write(file); err != nil { // as far as it is known, whatever becomes of the rest
			return err
		}
	}
	settled, err := judge.ReadSettled()
	return errors.Join(err, c.unfinished(), tests(failed), settled.Open(checks, c.record))
}

// tests says which did not pass.
func tests(failed []string) error {
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("suites that could not be judged to their end: %s", strings.Join(failed, ", "))
}

// choose takes packages by their name.
func choose(all []suite, names []string) ([]suite, error) {
	var out []suite
	for _, name := range names {
		i := slices.IndexFunc(all, func(s suite) bool { return s.folder == name })
		if i < 0 {
			return nil, fmt.Errorf("no suites in %s", filepath.Join(playbooks, name))
		}
		out = append(out, all[i])
	}
	return out, nil
}

// run runs the suites of a package before the judge.
func (s suite) run(ctx context.Context, judge string) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout=3h", "-run", "^("+strings.Join(s.tests, "|")+")$",
		"./"+playbooks+"/"+s.folder)
	cmd.Env = append(os.Environ(), ran.JudgeVariable+"="+judge)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", s.folder, err, out)
	}
	return nil
}

// serve answers looks on a port of this machine.
func serve(c *court) (at string, closing func(), err error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("no port for the judge: %w", err)
	}
	server := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends when it is closed
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}
