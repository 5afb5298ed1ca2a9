// Command bench measures what Salve costs and prints a table. It needs nothing
// but this machine: the real program and the real templates run in the lab.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// part is a group of figures that are measured together.
type part struct {
	name    string
	measure func(context.Context, *bench) ([]row, error)
}

// parts are in an order in which none disturbs the next.
func parts() []part {
	return []part{
		{"start", measureStart},
		{"zip", measureZip},
		{"lab", measureLab},
		{"alone", measureAlone},
		{"told", measureTold},
		{"burst", measureBurst},
		{"batch", measureBatch},
		{"load", measureLoad},
		{"runbook", measureRunbook},
		{"throng", measureThrong},
		{"assess", measureAssess},
		{"click", measureClick},
	}
}

func main() {
	only := flag.String("only", "", "measure these parts only, separated by commas; empty is all")
	write := flag.Bool("write", false, "rewrite the table in docs/bench.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, *only, *write); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, only string, write bool) (err error) {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	if write && only != "" {
		return fmt.Errorf("-write needs every part: leave -only out")
	}
	load := loadAverage()
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closed := b.close(); err == nil {
			err = closed
		}
	}()
	var rows []row
	for _, p := range chosen {
		fmt.Fprintln(os.Stderr, "measuring", p.name)
		found, err := p.measure(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for _, r := range found {
			r.command = "go run ./bench -only " + p.name
			rows = append(rows, r)
		}
	}
	text := table(rows, load)
	fmt.Print(text)
	if !write {
		return nil
	}
	return rewrite("docs/bench.md", text)
}

func choose(only string) ([]part, error) {
	if only == "" {
		return parts(), nil
	}
	var chosen []part
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(parts(), func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q", name)
		}
		chosen = append(chosen, parts()[i])
	}
	return chosen, nil
}
