package notify

import (
	"cmp"
	"slices"
)

// Summarise makes one notice of all that say the same of one control in one account, in a stable order. Only
// fixes and plans are collected: everything else needs a person, and is passed on as it is, first.
func Summarise(notices []Notice) []Notice {
	type group struct {
		kind             Kind
		control, account string
	}
	var urgent []Notice
	groups := map[group][]Notice{}
	var order []group
	for _, n := range notices {
		if n.Kind != Fixed && n.Kind != Planned {
			urgent = append(urgent, n)
			continue
		}
		g := group{n.Kind, n.Control, n.Account}
		if _, known := groups[g]; !known {
			order = append(order, g)
		}
		groups[g] = append(groups[g], n)
	}
	slices.SortFunc(order, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.control, b.control), cmp.Compare(a.kind, b.kind))
	})
	for _, g := range order {
		urgent = append(urgent, merge(groups[g]))
	}
	return urgent
}

// merge makes a digest of notices of one group. One notice alone says more than a digest of one.
func merge(notices []Notice) Notice {
	first := notices[0]
	if len(notices) == 1 {
		return first
	}
	digest := Notice{
		Kind: Digest, Of: first.Kind, Control: first.Control, Title: first.Title, Severity: first.Severity,
		Account: first.Account, Region: first.Region, Effect: first.Effect, When: first.When,
	}
	for _, n := range notices {
		digest.Entries = append(digest.Entries, Entry{
			Region: n.Region, Resource: n.Resource, Changes: n.Changes, RunID: n.RunID, When: n.When,
		})
		if n.Region != digest.Region {
			digest.Region = "" // several; each entry has its own
		}
		if n.When.After(digest.When) {
			digest.When = n.When
		}
	}
	slices.SortFunc(digest.Entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.RunID, b.RunID))
	})
	return digest
}
