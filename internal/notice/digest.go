package notice

import (
	"cmp"
	"slices"
)

// few is how many notices of one kind, control and account that need a person are passed on one by one.
const few = 2

// Summarise makes one notice of all that say the same of one control in one account, in a stable order. What
// needs a person comes first, and only many of one kind are collected: a wave of failures must not become a
// wave of mails.
func Summarise(notices []Notice) []Notice {
	type group struct {
		kind             Kind
		control, account string
	}
	var urgent, rest []Notice
	groups := map[group][]Notice{}
	var order []group
	for _, n := range notices {
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
		switch list := groups[g]; {
		case collected(g.kind):
			rest = append(rest, merge(list))
		case len(list) <= few:
			urgent = append(urgent, list...)
		default:
			urgent = append(urgent, merge(list))
		}
	}
	return append(urgent, rest...)
}

// collected tells that nobody has to do anything about notices of the kind.
func collected(k Kind) bool { return k == Fixed || k == Planned || k == Gone }

// merge makes a digest of notices of one group. One notice alone says more than a digest of one.
func merge(notices []Notice) Notice {
	first := notices[0]
	if len(notices) == 1 {
		return first
	}
	digest := Notice{
		Kind: Digest, Of: first.Kind, Control: first.Control, Title: first.Title, Severity: first.Severity,
		Account: first.Account, AccountName: first.AccountName, Region: first.Region, Effect: first.Effect,
		Impact: first.Impact, Said: first.Said, Rule: first.Rule, Written: first.Written, When: first.When,
		Claim: first.Claim,
	}
	for _, n := range notices {
		entry := Entry{
			Region: n.Region, Resource: n.Resource, Changes: n.Changes, RunID: n.RunID, When: n.When, Undo: n.Undo,
		}
		if !collected(n.Kind) {
			entry.Why = n.Why
		}
		digest.Entries = append(digest.Entries, entry)
		if n.Region != digest.Region {
			digest.Region = "" // several; each entry has its own
		}
		if n.Said != digest.Said {
			digest.Said = ""
		}
		digest.Claim = cmp.Or(digest.Claim, n.Claim) // what is not read must not count as read
		if n.Rule != digest.Rule {
			digest.Rule = ""
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

// Runs are the runs a notice tells of.
func (n Notice) Runs() []string {
	if n.Kind != Digest {
		return []string{n.RunID}
	}
	ids := make([]string, len(n.Entries))
	for i, e := range n.Entries {
		ids[i] = e.RunID
	}
	return ids
}
