package lab

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

func tagging() *s3types.Tagging {
	return &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}
}

func document(name string) *ssm.CreateDocumentInput {
	return &ssm.CreateDocumentInput{
		Name: aws.String(name), DocumentType: ssmtypes.DocumentTypeAutomation, DocumentFormat: ssmtypes.DocumentFormatJson,
		Content: aws.String(`{"schemaVersion":"0.3","mainSteps":[{"name":"s","action":"aws:sleep",
			"inputs":{"Duration":"PT1S"}}]}`),
	}
}

func blockPublic(bucket string) *s3.PutPublicAccessBlockInput {
	return &s3.PutPublicAccessBlockInput{
		Bucket:                         aws.String(bucket),
		PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)},
	}
}

// atoi is 0 for what is no number.
func atoi(text string) int {
	number, _ := strconv.Atoi(text)
	return number
}

func itoa(number int) string { return strconv.Itoa(number) }

// awaitGone returns when a process that was killed is gone.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	until(t, func() bool { return !alive(pid) }, fmt.Sprintf("process %d", pid))
}

// awaitRemoved waits until a folder is no longer there.
func awaitRemoved(t *testing.T, folder string) {
	t.Helper()
	until(t, func() bool {
		_, err := os.Stat(folder)
		return errors.Is(err, os.ErrNotExist)
	}, folder)
}

// until waits for an end that takes its time.
func until(t *testing.T, gone func() bool, what string) {
	t.Helper()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for end := time.Now().Add(stopTimeout); !gone(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%s does not go", what)
		}
	}
}

// bucketOne creates the bucket "one" in an account.
func bucketOne(t *testing.T, l *Lab, account string) {
	t.Helper()
	_, err := l.S3(account).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("one")})
	must(t, err)
}
