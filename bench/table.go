package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// row is one figure.
type row struct {
	what, value, goal string
	command           string
}

// The table stands between these lines of the page.
const (
	opening = "<!-- table: make bench rewrites it -->\n"
	closing = "<!-- end of table -->\n"
)

// table lays rows out as Markdown.
func table(rows []row, load string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %d cores of %s, with %s. Load of the machine before: %s.\n\n",
		runtime.NumCPU(), runtime.GOARCH, runtime.Version(), load)
	b.WriteString("| figure | measured | goal | command |\n|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", r.what, r.value, r.goal, r.command)
	}
	return b.String()
}

// rewrite puts the table into a page in place of the one before.
func rewrite(path, table string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("the page of the table: %w", err)
	}
	page, err := replace(string(raw), table)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		return fmt.Errorf("the page of the table: %w", err)
	}
	return nil
}

func replace(page, table string) (string, error) {
	before, rest, begins := strings.Cut(page, opening)
	_, after, ends := strings.Cut(rest, closing)
	if !begins || !ends {
		return "", fmt.Errorf("the lines %q and %q are not there", opening, closing)
	}
	return before + opening + table + closing + after, nil
}

// quantile is the smallest value that at least the part q of all values do not exceed.
func quantile(values []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	i := int(q*float64(len(sorted))+0.999999) - 1
	return sorted[max(0, min(i, len(sorted)-1))]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
