package run

import "strings"

// Hour is how often runs of a control ended how within an hour, by account.
type Hour map[string]map[Status]int

// HourOf reads counts whose names are a status and an account, parted by a #.
func HourOf(counts map[string]int) Hour {
	out := Hour{}
	for name, n := range counts {
		status, account, ok := strings.Cut(name, "#")
		if !ok {
			continue
		}
		if out[account] == nil {
			out[account] = map[Status]int{}
		}
		out[account][Status(status)] += n
	}
	return out
}
