package main

import (
	"strings"
	"time"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

const (
	lately      = 30 * 24 * time.Hour // how far back a history goes that nobody bounds
	ahead       = 5 * time.Minute     // clocks of the hub may be ahead of ours
	preciseTime = "2006-01-02T15:04:05.000Z07:00"
	helpSince   = "Only runs that began then or later: an age such as 90m, 24h, 7d or 2w, a day such as 2026-11-21, " +
		"or a time such as 2026-11-21T10:00:00Z. Without it 30d; with --open however long ago."
)

// statuses are the values of --status, none among them.
func statuses() string {
	list := []string{""}
	for _, s := range run.Statuses() {
		list = append(list, string(s))
	}
	return strings.Join(list, ",")
}

// query is what the flags ask for.
func (c *historyCmd) query(names catalogue, now time.Time) (run.Query, error) {
	q := run.Query{
		Accounts: c.Account, Region: c.Region, Resource: c.Resource, Status: run.Status(c.Status), Actor: c.Actor,
		Limit: c.Limit,
	}
	for _, account := range c.Account {
		if err := accounts(account); err != nil {
			return q, err
		}
	}
	var err error
	if q.Control, err = names.wanted(c.Control); err != nil {
		return q, err
	}
	if c.Limit < 0 {
		return q, fault.New(fault.Invalid, "--limit is %d: name how many runs, or 0 for all", c.Limit)
	}
	if c.Since != "" {
		q.Since, err = moment("--since", c.Since, now)
	} else if !c.Open {
		q.Since = now.Add(-lately)
	}
	if err != nil {
		return q, err
	}
	latest := now.Add(ahead)
	if q.Until = latest; c.Until != "" {
		q.Until, err = moment("--until", c.Until, now)
	}
	if q.Until.After(latest) {
		q.Until = latest // every day would be looked through, and nothing has happened yet
	}
	if err == nil && !q.Since.Before(q.Until) {
		return q, fault.New(fault.Invalid, "--since is not before --until: no run can be between them")
	}
	return q, err
}

// moment is the time that a flag names: an age, a day or a time.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if age, ok := age(text); ok {
		return now.Add(-age), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid,
		"%s %q is no time: say an age such as 24h, 7d or 2w, a day such as 2026-11-21, or a time such as "+
			"2026-11-21T10:00:00Z",
		flag, text)
}
