package gate

import (
	"fmt"
	"strings"
)

// fields are all names the document knows, wherever they stand.
func fields() []string {
	return []string{
		"version", "defaults", "controls", "exceptions", "classes", "windows", "limits", "mode", "where", "parameters",
		"accounts", "ous", "regions", "tags", "control", "resource", "reason", "owner", "ticket", "expires", "tag",
		"green", "yellow", "red", "unclassified", "days", "from", "to", "tz", "impact", "per_control_per_hour",
		"per_account_per_hour", "stop_after_failures", "attempts", "cooldown",
	}
}

// meant proposes the field that is nearest to a misspelt one.
func meant(field string) string {
	best, distance := "", 3
	for _, name := range fields() {
		if d := edits(strings.ToLower(field), name); d < distance {
			best, distance = name, d
		}
	}
	switch {
	case best == "":
		return "remove it"
	case distance == 0:
		return "it belongs elsewhere, or is written in small letters"
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// edits counts the letters to insert, delete or replace between two words.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
