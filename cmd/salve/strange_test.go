package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// strange puts a run of a newer release into the ledger: strange ID RESOURCE
func strange(ts *testscript.TestScript, _ bool, args []string) {
	r := &run.Run{
		Schema: run.Schema + 1, ID: args[0], State: run.StateClosed, Created: time.Now(),
		Key: run.Key{Account: ts.Getenv("MEMBER"), Control: "Bucket.1", Resource: args[1]},
	}
	raw, err := json.Marshal(r)
	ts.Check(err)
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	_, err = dynamodb.NewFromConfig(root(ts, lab.DefaultHub)).PutItem(context.Background(), &dynamodb.PutItemInput{
		TableName: aws.String(names.Table), Item: map[string]types.AttributeValue{
			"pk": text("run#" + r.ID), "sk": text("run"), "doc": text(string(raw)),
			names.Began: text(r.Place()), names.Resource: text(r.Key.Resource), names.Account: text(ts.Getenv("MEMBER")),
			names.Control: text("bucket.1"), names.Batch: text(run.Batch(r.ID)),
		},
	})
	ts.Check(err)
}
