package gate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// Asking is the chart with the keys that rules ask for. Where one is new, what was read before does not say whether an
// account has it, and is read anew.
func (c *Chart) Asking(asks Asks) *Chart {
	next := *c
	if slices.ContainsFunc(asks.Keys, func(key string) bool { return !slices.Contains(c.Keys, key) }) {
		next.Keys, next.Tags = asks.Keys, nil
	}
	return &next
}

// With is the chart with the tags of an older one, of the accounts that it has.
func (c Chart) With(old *Chart) Chart {
	if old == nil {
		return c
	}
	c.Keys, c.Tags = old.Keys, maps.Clone(old.Tags)
	maps.DeleteFunc(c.Tags, func(account string, _ Tagged) bool { return c.Above[account] == "" })
	return c
}

// Tagging is the chart with tags of accounts that were read. Of all that they have only the keys are kept that rules
// ask for: so there is room for the tags of thousands of accounts.
func (c *Chart) Tagging(read map[string]map[string]string, at time.Time) *Chart {
	next := *c
	if next.Tags = maps.Clone(c.Tags); next.Tags == nil {
		next.Tags = map[string]Tagged{}
	}
	for account, all := range read {
		tags := map[string]string{}
		for _, key := range c.Keys {
			if value, ok := all[key]; ok {
				tags[key] = value
			}
		}
		next.Tags[account] = Tagged{at, tags}
	}
	return &next
}

// Untagged are accounts whose tags have to be read, the longest ago first.
func (c *Chart) Untagged(now time.Time, most int) []string {
	var ids []string
	for _, id := range c.Accounts() {
		if tagged, ok := c.Tags[id]; !ok || stale(tagged.At, now) {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Compare(c.Tags[a].At.UnixNano(), c.Tags[b].At.UnixNano())
	})
	return ids[:min(most, len(ids))]
}

// tagsOf are the tags of an account; nil where they are not known, and why not. Where no rule asks for any there is
// nothing to say.
func (c *Chart) tagsOf(account string, now time.Time) (map[string]string, string) {
	tagged, ok := c.Tags[account]
	switch {
	case len(c.Keys) == 0:
		return nil, ""
	case !ok:
		return nil, "the tags of account " + account + " were not read yet; the next sweeps read them"
	case tagged.At.After(now.Add(ahead)) || now.Sub(tagged.At) > ChartLasts:
		return nil, fmt.Sprintf("the tags of account %s were read at %s, which counts for %d hours", account,
			plain.Minute(tagged.At), int(ChartLasts.Hours()))
	}
	return tagged.Tags, ""
}
