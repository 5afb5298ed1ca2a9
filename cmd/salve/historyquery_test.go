package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

func TestHistoryQuery(t *testing.T) {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	tests := map[string]struct {
		cmd  historyCmd
		want run.Query // nothing: refused
	}{
		"a month": {historyCmd{Limit: 100}, run.Query{Since: now.Add(-30 * day), Until: now.Add(ahead), Limit: 100}},
		"open":    {historyCmd{Open: true}, run.Query{Until: now.Add(ahead)}},
		"all narrowed": {
			historyCmd{
				Account: several{"222222222222", "333333333333"}, Region: "eu-west-1", Resource: "arn:x", Status: "failed",
				Actor: "alice", Since: "7d", Until: "36h", Limit: 5,
			},
			run.Query{
				Accounts: []string{"222222222222", "333333333333"}, Region: "eu-west-1", Resource: "arn:x",
				Status: run.StatusFailed, Actor: "alice", Since: now.Add(-7 * day), Until: now.Add(-36 * time.Hour), Limit: 5,
			},
		},
		"a day": {
			historyCmd{Since: "2026-11-20", Until: "2026-11-21"},
			run.Query{Since: now.Truncate(day).Add(-day), Until: now.Truncate(day)},
		},
		"a time elsewhere": {
			historyCmd{Since: "2026-11-21T10:30:00+02:00"}, run.Query{Since: now.Add(-90 * time.Minute), Until: now.Add(ahead)},
		},
		"as the hint has it": {
			historyCmd{Until: "2026-11-21T09:59:59.250Z"},
			run.Query{Since: now.Add(-30 * day), Until: now.Add(-750 * time.Millisecond)},
		},
		"a future": {
			historyCmd{Since: "24h", Until: "2999-01-01"}, run.Query{Since: now.Add(-day), Until: now.Add(ahead)},
		},
		"no account":     {historyCmd{Account: several{"22"}}, run.Query{}},
		"less than none": {historyCmd{Limit: -1}, run.Query{}},
		"no time":        {historyCmd{Since: "yesterday"}, run.Query{}},
		"negative":       {historyCmd{Since: "-24h"}, run.Query{}},
		"too many days":  {historyCmd{Since: "99999999999d"}, run.Query{}},
		"no such day":    {historyCmd{Until: "2026-02-30"}, run.Query{}},
		"back to front":  {historyCmd{Since: "24h", Until: "48h"}, run.Query{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tc.cmd.query(known(t), now)
			refused := tc.want.Until.IsZero()
			if refused != (fault.Of(err) == fault.Invalid) || !refused && err != nil {
				t.Fatalf("error %v, want refused: %v", err, refused)
			}
			if d := cmp.Diff(tc.want, got); d != "" && !refused {
				t.Error(d)
			}
		})
	}
}
