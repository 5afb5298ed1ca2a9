package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// actionARN is the custom action of the lab's hub.
const actionARN = "arn:aws:securityhub:" + region + ":" + lab.DefaultHub + ":action/custom/" + names.ActionRemediate

func root(ts *testscript.TestScript, account string) aws.Config {
	return lab.Root(ts.Getenv("AWS_ENDPOINT_URL"), account, region)
}

// bucket makes buckets of the member that block no public access: bucket NAME...
func bucket(ts *testscript.TestScript, _ bool, args []string) {
	client := s3.NewFromConfig(root(ts, ts.Getenv("MEMBER")), lab.PathStyle)
	for _, name := range args {
		_, err := client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &name})
		ts.Check(err)
	}
}

// tag gives a bucket one tag: tag NAME KEY VALUE
func tag(ts *testscript.TestScript, _ bool, args []string) {
	_, err := s3.NewFromConfig(root(ts, ts.Getenv("MEMBER")), lab.PathStyle).PutBucketTagging(context.Background(),
		&s3.PutBucketTaggingInput{Bucket: &args[0], Tagging: &s3types.Tagging{TagSet: []s3types.Tag{
			{Key: &args[1], Value: &args[2]},
		}}})
	ts.Check(err)
}

// block changes a bucket behind the back of Salve: block NAME true|false
func block(ts *testscript.TestScript, _ bool, args []string) {
	flags := blockOf(args[1] == "true")
	_, err := s3.NewFromConfig(root(ts, ts.Getenv("MEMBER")), lab.PathStyle).PutPublicAccessBlock(context.Background(),
		&s3.PutPublicAccessBlockInput{Bucket: &args[0], PublicAccessBlockConfiguration: &flags})
	ts.Check(err)
}

// unbucket deletes buckets of the member: unbucket NAME...
func unbucket(ts *testscript.TestScript, _ bool, args []string) {
	client := s3.NewFromConfig(root(ts, ts.Getenv("MEMBER")), lab.PathStyle)
	for _, name := range args {
		_, err := client.DeleteBucket(context.Background(), &s3.DeleteBucketInput{Bucket: &name})
		ts.Check(err)
	}
}

// key makes a key of the member that does not rotate, as $KEY.
func key(ts *testscript.TestScript, _ bool, _ []string) {
	out, err := kms.NewFromConfig(root(ts, ts.Getenv("MEMBER"))).CreateKey(context.Background(), &kms.CreateKeyInput{})
	ts.Check(err)
	ts.Setenv("KEY", aws.ToString(out.KeyMetadata.Arn))
}

// plant puts a run into the ledger that somebody filled with hostile text: plant ID
func plant(ts *testscript.TestScript, _ bool, args []string) {
	r := hostileRun(args[0])
	r.Created = time.Now()
	r.Trigger, r.BeforeHash = run.TriggerClick, strings.Repeat("a", 64) // which nobody but Salve chooses
	raw, err := json.Marshal(r)
	ts.Check(err)
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	_, err = dynamodb.NewFromConfig(root(ts, lab.DefaultHub)).PutItem(context.Background(), &dynamodb.PutItemInput{
		TableName: aws.String(names.Table), Item: map[string]types.AttributeValue{
			"pk": text("run#" + args[0]), "sk": text("run"), "doc": text(string(raw)),
			names.Began: text(r.Place()), names.DayShard: text(r.Created.UTC().Format(time.DateOnly) + "#0"),
		},
	})
	ts.Check(err)
}

// forget takes a run out of the ledger, as somebody may by hand: forget RUN
func forget(ts *testscript.TestScript, _ bool, args []string) {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	_, err := dynamodb.NewFromConfig(root(ts, lab.DefaultHub)).DeleteItem(context.Background(), &dynamodb.DeleteItemInput{
		TableName: aws.String(names.Table), Key: map[string]types.AttributeValue{
			"pk": text("run#" + args[0]), "sk": text("run"),
		},
	})
	ts.Check(err)
}

// forge writes a finding as somebody in the member would who wants to be taken for Security Hub: forge ID
func forge(ts *testscript.TestScript, _ bool, args []string) {
	now, member := aws.String(time.Now().UTC().Format(time.RFC3339)), ts.Getenv("MEMBER")
	out, err := securityhub.NewFromConfig(root(ts, member)).BatchImportFindings(context.Background(),
		&securityhub.BatchImportFindingsInput{Findings: []hubtypes.AwsSecurityFinding{{
			SchemaVersion: aws.String("2018-10-08"), Id: &args[0], AwsAccountId: &member,
			ProductArn:  aws.String("arn:aws:securityhub:" + region + ":" + member + ":product/" + member + "/default"),
			GeneratorId: aws.String("security-control/Bucket.1"), Title: aws.String(hostile), Description: aws.String(hostile),
			CreatedAt: now, UpdatedAt: now, Types: []string{"Software and Configuration Checks"},
			Severity:   &hubtypes.Severity{Label: hubtypes.SeverityLabelHigh},
			Resources:  []hubtypes.Resource{{Type: aws.String("AwsS3Bucket"), Id: aws.String("=" + hostile)}},
			Compliance: &hubtypes.Compliance{Status: hubtypes.ComplianceStatusFailed, SecurityControlId: aws.String("Bucket.1")},
		}}})
	ts.Check(err)
	for _, failed := range out.FailedFindings {
		ts.Fatalf("refused: %s", aws.ToString(failed.ErrorMessage))
	}
}

// event writes the event of findings into a file: event FILE FINDING[,FINDING] imported|click|plan|undo|forged [ID]
func event(ts *testscript.TestScript, _ bool, args []string) {
	ids := strings.Split(args[1], ",")
	out, err := securityhub.NewFromConfig(root(ts, lab.DefaultHub)).GetFindings(context.Background(),
		&securityhub.GetFindingsInput{Filters: &hubtypes.AwsSecurityFindingFilters{Id: equal(ids...)}})
	ts.Check(err)
	if len(out.Findings) != len(ids) {
		ts.Fatalf("%d findings %s", len(out.Findings), args[1])
	}
	list, err := json.Marshal(out.Findings)
	ts.Check(err)
	var findings []map[string]any
	ts.Check(json.Unmarshal(list, &findings))
	kind, resource := "Custom Action", actionARN
	switch args[2] {
	case "imported":
		kind, resource = "Imported", ids[0]
	case "plan":
		resource = names.ActionARN(resource, names.ActionPlan)
	case "undo":
		resource = names.ActionARN(resource, names.ActionUndo)
	case "forged":
		findings[0]["AwsAccountId"] = "333333333333"
	}
	fields := map[string]any{
		"source": "aws.securityhub", "detail-type": "Security Hub Findings - " + kind, "account": lab.DefaultHub,
		"region": region, "time": time.Now().UTC().Format(time.RFC3339Nano), "resources": []any{resource},
		"detail": map[string]any{"findings": findings},
	}
	if len(args) > 3 {
		fields["id"] = args[3]
	}
	raw, err := json.Marshal(withoutNulls(fields))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), raw, 0o600))
}

// withoutNulls leaves out what the SDK's types have and an event has not.
func withoutNulls(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for key, value := range x {
			if value == nil {
				delete(x, key)
			} else {
				x[key] = withoutNulls(value)
			}
		}
	case []map[string]any:
		for i := range x {
			withoutNulls(x[i])
		}
	case []any:
		for i := range x {
			x[i] = withoutNulls(x[i])
		}
	}
	return v
}

// gone fails if a process is still there: gone PID...
func gone(ts *testscript.TestScript, _ bool, args []string) {
	for _, pid := range args {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err == nil && !bytes.Contains(stat, []byte(") Z ")) { // a zombie only waits to be counted
			ts.Fatalf("process %s is there: %s", pid, stat)
		}
	}
}

// empty fails if a folder holds anything: empty FOLDER
func empty(ts *testscript.TestScript, _ bool, args []string) {
	left, err := os.ReadDir(args[0])
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		ts.Fatalf("look into %s: %v", args[0], err)
	}
	var names []string
	for _, entry := range left {
		names = append(names, entry.Name())
	}
	if len(names) > 0 {
		ts.Fatalf("left in %s: %s", args[0], strings.Join(names, " "))
	}
}
