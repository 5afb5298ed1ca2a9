package main

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
)

// beganVariable is when the script began, in milliseconds: earlier audit lines are of others.
const beganVariable = "BEGAN"

// audited fails unless an audit line matches, with neg if one does, or if a line is not as its schema has it: audited
// PATTERN
func audited(ts *testscript.TestScript, neg bool, args []string) {
	logs := cloudwatchlogs.NewFromConfig(root(ts, lab.DefaultHub))
	began, err := strconv.ParseInt(ts.Getenv(beganVariable), 10, 64)
	ts.Check(err)
	out, err := logs.FilterLogEvents(context.Background(), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String(names.AuditLogGroup), StartTime: &began,
	})
	ts.Check(err)
	pattern, found := regexp.MustCompile(args[0]), false
	for _, e := range out.Events {
		message := aws.ToString(e.Message)
		found = found || pattern.MatchString(message)
		var wrapped struct{ Audit json.RawMessage }
		ts.Check(json.Unmarshal([]byte(message), &wrapped))
		line, err := jsonschema.UnmarshalJSON(bytes.NewReader(wrapped.Audit))
		ts.Check(err)
		ts.Check(form{schema: "audit-v1.json", one: true}.check(ts.Getenv(schemasVariable), line))
	}
	if found == neg {
		ts.Fatalf("%d audit lines, one matches %s: %t", len(out.Events), args[0], found)
	}
}
