package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/names"
)

// trip stops a control in the member as the breaker does: trip CONTROL
func trip(ts *testscript.TestScript, _ bool, args []string) {
	book := ledger.Ledger{DB: dynamodb.NewFromConfig(root(ts, lab.DefaultHub)), Table: names.Table}
	now := time.Now()
	_, err := book.Trip(context.Background(), gate.Stop{
		Control: args[0], Account: ts.Getenv("MEMBER"), Since: now,
		Origin: gate.Origin{Owner: "Salve", Reason: "too many failures", Expires: now.Add(day)},
	}, now)
	ts.Check(err)
}
