package resource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/plain"
)

// told puts a run into one text, the most important first, because it may have to be cut: how many steps need somebody
// and what to do, then what failed, and at the end what was not tried.
func told(ctx context.Context, rows []enable.Row, next string) answer {
	count := map[enable.State]int{}
	for _, r := range rows {
		count[r.State]++
	}
	a := answer{status: cfn.StatusSuccess, open: count[enable.Failed] + count[enable.Blocked] + count[enable.Untried]}
	if a.open == 0 {
		a.text = fmt.Sprintf("%s: %s.", plain.Count(len(rows), "step"), counted(count, enable.Right, enable.Done, enable.Back,
			enable.Left, enable.Unsupported))
		return a
	}
	a.status = cfn.StatusFailed
	a.text = fmt.Sprintf(
		"%d of %s are not done: %s. What is done stays done: %s. %s",
		a.open,
		plain.Count(len(rows), "step"),
		counted(count, enable.Failed, enable.Blocked, enable.Untried),
		counted(count, enable.Right, enable.Done, enable.Back, enable.Left, enable.Unsupported),
		next,
	)
	if ctx.Err() != nil {
		a.text = "Stopped in time to answer. " + a.text
	}
	for _, state := range []enable.State{enable.Blocked, enable.Failed, enable.Untried} {
		for _, line := range table(rows, state) {
			a.text += " | " + line
		}
	}
	return a
}

// counted is "3 right already, 1 done"; what does not occur is left out.
func counted(count map[enable.State]int, states ...enable.State) string {
	words := map[enable.State]string{enable.Right: "right already"}
	var parts []string
	for _, s := range states {
		word := string(s)
		if words[s] != "" {
			word = words[s]
		}
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], word))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// reason is what lines of the table are made for. Steps that were not tried have one line for all of a service.
type reason struct{ service, step, detail string }

// table has a line for each step and reason. Regions and accounts that share both share the line: what fails in one
// Region mostly fails in all.
func table(rows []enable.Row, state enable.State) []string {
	var order []reason
	where, steps := map[reason][]string{}, map[reason]int{}
	for _, r := range rows {
		if r.State != state {
			continue
		}
		k := reason{r.Service, r.Step, r.Detail}
		if state == enable.Untried {
			k.step = ""
		}
		if steps[k]++; steps[k] == 1 {
			order = append(order, k)
		}
		place := r.Region
		if r.Account != "" && r.Account != enable.SomeAccounts {
			place = r.Account + " " + place
		}
		if !slices.Contains(where[k], place) {
			where[k] = append(where[k], place)
		}
	}
	var lines []string
	for _, k := range order {
		lines = append(
			lines,
			fmt.Sprintf("%s, %s, %s: %s (%s)", k.service, cmp.Or(k.step, plain.Count(steps[k], "step")), state,
				k.detail, strings.Join(where[k], ", ")),
		)
	}
	return lines
}
