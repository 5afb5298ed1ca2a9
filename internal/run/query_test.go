package run_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/run"
)

func TestMatches(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 0, 0, int(250*time.Millisecond), time.UTC)
	batch := run.NewID(at)
	r := &run.Run{
		ID: run.InBatch(batch, at), Region: "eu-west-1", Status: run.StatusFailed, Actor: "alice", Created: at,
		Key: run.Key{Account: "222222222222", Scope: "global", Control: "IAM.16", Resource: "arn:x"},
	}
	tests := map[string]struct {
		query run.Query
		want  bool
	}{
		"everything":             {run.Query{}, true},
		"one of the accounts":    {run.Query{Accounts: []string{"333333333333", "222222222222"}}, true},
		"other accounts":         {run.Query{Accounts: []string{"333333333333"}}, false},
		"control in any letters": {run.Query{Control: "iam.16"}, true},
		"other control":          {run.Query{Control: "IAM.1"}, false},
		"controls by a pattern":  {run.Query{Control: "iam.*"}, true},
		"one letter of an id":    {run.Query{Control: "IAM.1?"}, true},
		"others by a pattern":    {run.Query{Control: "S3.*"}, false},
		"a pattern that is none": {run.Query{Control: "[*"}, false},
		"resource":               {run.Query{Resource: "arn:x"}, true},
		"part of a resource":     {run.Query{Resource: "arn:"}, false},
		"status":                 {run.Query{Status: run.StatusFailed}, true},
		"other status":           {run.Query{Status: run.StatusVerified}, false},
		"actor":                  {run.Query{Actor: "alice"}, true},
		"other actor":            {run.Query{Actor: "bob"}, false},
		"Region":                 {run.Query{Region: "eu-west-1"}, true},
		"a scope is no Region":   {run.Query{Region: "global"}, false},
		"batch":                  {run.Query{Batch: batch}, true},
		"beginning of a batch":   {run.Query{Batch: batch[:8]}, false},
		"since then":             {run.Query{Since: at}, true},
		"since in the same ms":   {run.Query{Since: at.Add(time.Microsecond)}, true},
		"since later":            {run.Query{Since: at.Add(time.Millisecond)}, false},
		"until then":             {run.Query{Until: at}, false},
		"until later":            {run.Query{Until: at.Add(time.Millisecond)}, true},
		"after its page":         {run.Query{Before: r.Place()}, false},
		"before its page":        {run.Query{Before: r.Place() + "0"}, true},
		"all but one":            {run.Query{Accounts: []string{"222222222222"}, Control: "IAM.16", Actor: "bob"}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tc.query.Matches(r); got != tc.want {
				t.Errorf("matches: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestPlace(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	one, two := &run.Run{ID: "r1", Created: at}, &run.Run{ID: "r2", Created: at}
	later := &run.Run{ID: "r0", Created: at.Add(time.Millisecond)}
	if run.Moment(at) >= one.Place() || one.Place() >= two.Place() || two.Place() >= run.Moment(later.Created) {
		t.Errorf("places %q, %q, %q are out of order", one.Place(), two.Place(), later.Place())
	}
	if got := run.Moment(time.Time{}); got != "0000000000000" {
		t.Errorf("no time is %q", got)
	}
}
