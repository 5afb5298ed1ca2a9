package lab

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// shared is the one lab of this package's tests; fresh empties it between them.
var shared *Lab

func TestMain(m *testing.M) {
	// Spawn runs its own program again: here that is this test binary.
	if len(os.Args) > 2 && os.Args[1] == "lab" && os.Args[2] == "serve" {
		os.Exit(serve(os.Args[3:]))
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	began := time.Now()
	started, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("the lab answered after %v\n", time.Since(began).Round(time.Millisecond))
	shared = started
	status := m.Run()
	if err := started.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// serve is what the command line does for `lab serve`.
func serve(args []string) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	name, python := flags.String("name", "", ""), flags.String("python", "", "")
	port, hub := flags.Int("port", 0, ""), flags.String("hub", "", "")
	members, regions := flags.String("member", "", ""), flags.String("region", "", "")
	management := flags.String("management", "", "")
	err := flags.Parse(args)
	if err == nil {
		err = Serve(context.Background(), *name, Options{
			Port: *port, Python: *python, Hub: *hub, Members: strings.Split(*members, ","),
			Regions: strings.Split(*regions, ","), Management: *management,
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// fresh returns the shared lab, emptied.
func fresh(t *testing.T) *Lab {
	t.Helper()
	must(t, shared.Reset(t.Context()))
	return shared
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got returns the value of a call that has to succeed.
func got[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		must(t, err)
		return value
	}
}

// once is an account's root without retries, so that a fault shows. Its connections are new: on a used one that is
// cut, net/http tries again by itself.
func once(l *Lab, account string) aws.Config {
	config := l.Config(account, l.Region())
	config.HTTPClient = awshttp.NewBuildableClient()
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return config
}

// role creates a role with a policy in an account, trusted by the hub, and returns a session of it.
func role(t *testing.T, l *Lab, account, policy, sessionPolicy string) aws.Config {
	t.Helper()
	client := iam.NewFromConfig(l.Config(account, l.Region()))
	created := got[*iam.CreateRoleOutput](t)(client.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("tester"),
		AssumeRolePolicyDocument: aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"sts:AssumeRole",
			"Condition":{"StringEquals":{"aws:PrincipalOrgID":"%s"}}}]}`, l.Hub(), l.OrgID())),
	}))
	got[*iam.PutRolePolicyOutput](t)(client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("tester"), PolicyName: aws.String("p"), PolicyDocument: aws.String(policy),
	}))
	return session(t, l, aws.ToString(created.Role.Arn), sessionPolicy)
}

// session assumes a role as the hub.
func session(t *testing.T, l *Lab, arn, policy string) aws.Config {
	t.Helper()
	input := &sts.AssumeRoleInput{RoleArn: aws.String(arn), RoleSessionName: aws.String("run-1")}
	if policy != "" {
		input.Policy = aws.String(policy)
	}
	out := got[*sts.AssumeRoleOutput](t)(sts.NewFromConfig(l.Config(l.Hub(), l.Region())).AssumeRole(t.Context(), input))
	config := once(l, l.Hub())
	config.Credentials = credentials.NewStaticCredentialsProvider(aws.ToString(out.Credentials.AccessKeyId),
		aws.ToString(out.Credentials.SecretAccessKey), aws.ToString(out.Credentials.SessionToken))
	return config
}

// allow is a policy that allows actions on a resource.
func allow(resource string, actions ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["%s"],"Resource":"%s"}]}`,
		strings.Join(actions, `","`), resource)
}
