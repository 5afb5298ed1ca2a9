package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/run"
)

// ours are the calls of the function: it works as a role, the bench as root.
// The sweep looks into the due index once a minute, whatever else happens.
func (b *bench) ours() []lab.Entry {
	var found []lab.Entry
	for _, call := range b.lab.Calls(0) {
		if strings.Contains(call.Principal, ":assumed-role/") && call.Operation != "Query" {
			found = append(found, call)
		}
	}
	return found
}

// list counts calls by operation, the most frequent first.
func list(calls []lab.Entry) string {
	counts := map[string]int{}
	for _, call := range calls {
		counts[call.Operation]++
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
	}
	return strings.Join(parts, ", ")
}

// measureAlone counts the calls of one remediation through the deployed chain,
// in a function that has just started and in one that has not.
func measureAlone(ctx context.Context, b *bench) ([]row, error) {
	if err := b.world(ctx); err != nil {
		return nil, err
	}
	return b.alone(ctx, "", "≤ 9", "≤ 9")
}

// measureTold counts the same with its notice, which goes out at once where nothing is collected for a digest. The
// function of this world is another one: it has just started too.
func measureTold(ctx context.Context, b *bench) (rows []row, err error) {
	own := &bench{program: b.program, dir: b.dir}
	if err := own.telling(ctx, 0); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, own.lab.Close()) }()
	return own.alone(ctx, ", with its notice", "10", "9")
}

// alone counts the calls of one remediation, in a function that has just started and in one that has not.
func (b *bench) alone(ctx context.Context, told, cold, warm string) ([]row, error) {
	goals := map[string]string{"just started": cold, "warm": warm}
	var rows []row
	for _, state := range []string{"just started", "warm"} {
		findings, err := b.open(ctx, b.lab.Members()[0], 1)
		if err != nil {
			return nil, err
		}
		b.lab.ClearCalls()
		if err := b.report(ctx, findings); err != nil {
			return nil, err
		}
		if err := b.closed(ctx, *findings[0].Resources[0].Id); err != nil {
			return nil, err
		}
		calls, blocks := apart(b.ours(), 1)
		rows = append(rows, row{
			what:  "AWS calls of one remediation of S3.8 by the deployed function, " + state + told,
			value: fmt.Sprintf("%d (%s)%s", len(calls), list(calls), blocks), goal: goals[state],
		})
	}
	return rows, nil
}

// apart takes out the calls with which a process takes turns of the account's share, which are for ten runs each: a
// run itself has one UpdateItem.
func apart(calls []lab.Entry, runs int) (own []lab.Entry, blocks string) {
	turns := -runs
	for _, call := range calls {
		if call.Operation == "UpdateItem" {
			turns++
		}
	}
	if turns <= 0 {
		return calls, ""
	}
	blocks = fmt.Sprintf(" and %d UpdateItem for the account's turns, ten at a time", turns)
	for _, call := range calls {
		if call.Operation == "UpdateItem" && turns > 0 {
			turns--
			continue
		}
		own = append(own, call)
	}
	return own, blocks
}

// closed waits until the run of a resource is closed, which is its last call.
func (b *bench) closed(ctx context.Context, resource string) error {
	book, err := b.ledger()
	if err != nil {
		return err
	}
	return until(ctx, 100*time.Millisecond, func() (bool, error) {
		page, err := book.History(ctx, run.Query{Resource: resource})
		return len(page.Runs) == 1 && page.Runs[0].State == run.StateClosed, err
	})
}
