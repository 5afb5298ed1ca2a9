package main

import (
	"context"
	"fmt"
	"os/exec"
)

// measureThrong plays many runs of runbooks in memory, by a clock that does not wait, and takes what two tests of the
// engine print.
func measureThrong(ctx context.Context, _ *bench) ([]row, error) {
	var rows []row
	for _, of := range []row{
		{
			what:  "100 findings of one runbook in one account and Region, in memory, by a virtual clock",
			value: "TestAHundredStarts", goal: "one start a second, none gives up",
		},
		{
			what: "looks of 500 runs whose runbooks take what is typical, a quarter more or less, in memory, by a virtual" +
				" clock", value: "TestFewLooks", goal: "≤ 2 a run",
		},
	} {
		out, err := exec.CommandContext(ctx, "go", "test", "-count=1", "-v", "-run", "^"+of.value+"$",
			"./internal/engine").CombinedOutput()
		found := figures(string(out))
		if err != nil || len(found) != 1 {
			return nil, fmt.Errorf("%s: %w\n%s", of.value, err, out)
		}
		of.value = found[0]
		rows = append(rows, of)
	}
	return rows, nil
}
