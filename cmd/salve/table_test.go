package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// TestTableFits: what does not fit is put below, nothing is broken in the middle or left out; a pipe gets long lines.
func TestTableFits(t *testing.T) {
	green := painted("\x1b[32mverified\x1b[0m")
	runs := []table.Row{
		{"r06gvqao51pq4d1cv", "S3.8", "222222222222", "arn:aws:s3:::quarterly-reports", green, ""},
		{"r06gvqao51pq4d1cw", "CloudWatch.14", "222222222222", "arn:aws:s3:::b", "undone", "taken back by run r06gvqao51"},
	}
	header := table.Row{"run", "control", "account", "resource", "status", "then"}
	controls := []table.Row{{"S3.8", "HIGH", "S3 general purpose buckets should block public access"}}
	tests := map[string]struct {
		header  table.Row
		rows    []table.Row
		columns int
		want    string
	}{
		"a pipe": {header, runs[1:], 0, `
run                control        account       resource        status  then
r06gvqao51pq4d1cw  CloudWatch.14  222222222222  arn:aws:s3:::b  undone  taken back by run r06gvqao51
`},
		"narrow": {header, runs, 76, "\nrun                control        account\n" +
			"    resource                        status    then\n" +
			"r06gvqao51pq4d1cv  S3.8           222222222222\n" +
			"    arn:aws:s3:::quarterly-reports  \x1b[32mverified\x1b[0m\n" +
			"r06gvqao51pq4d1cw  CloudWatch.14  222222222222\n" +
			"    arn:aws:s3:::b                  undone    taken back by run r06gvqao51\n"},
		"words": {table.Row{"control", "severity", "title"}, controls, 48, `
control  severity  title
S3.8     HIGH      S3 general purpose buckets
                   should block public access
`},
		"fits exactly": {table.Row{"control", "severity", "title"}, controls, 72, `
control  severity  title
S3.8     HIGH      S3 general purpose buckets should block public access
`},
		"nothing": {header, nil, 20, "\nrun   control\n    account\n    resource  status\n    then\nnone\n"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			(&app{out: &out, columns: tc.columns}).table(tc.header, tc.rows)
			if d := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), out.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestWrapWords: nothing is lost, and no line is too long.
func TestWrapWords(t *testing.T) {
	const text1 = "a word, arn:aws:kms:eu-west-1:222222222222:key/5d5d3ba1f and 漢字 → end"
	for width := 2; width < 80; width++ {
		lines := wrapWords(text1, width)
		for _, line := range lines {
			if text.StringWidthWithoutEscSequences(line) > width {
				t.Errorf("%d: %q", width, line)
			}
		}
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(text1, " ", "") {
			t.Errorf("%d: %q", width, got)
		}
	}
	if d := cmp.Diff([]string{""}, wrapWords("", 10)); d != "" {
		t.Error(d)
	}
}
