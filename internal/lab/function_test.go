package lab

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// functionStack runs the zip with a role that may do one thing.
const functionStack = `
Parameters:
  Bucket: {Type: String}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: caller
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "sqs:ListQueues", Resource: "*"}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: caller
      Runtime: provided.al2023
      Handler: bootstrap
      Role: !GetAtt Role.Arn
      Code: {S3Bucket: !Ref Bucket, S3Key: caller.zip}
`

// bootstrap builds the function as Lambda wants it.
func bootstrap(t *testing.T) []byte {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var packed bytes.Buffer
	writer := zip.NewWriter(&packed)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	file, err := writer.CreateHeader(header)
	must(t, err)
	_, err = file.Write(got[[]byte](t)(os.ReadFile(program)))
	must(t, err)
	must(t, writer.Close())
	return packed.Bytes()
}

func TestFunctionsCallThroughTheLab(t *testing.T) {
	l := fresh(t)
	must(t, l.Upload(t.Context(), "caller.zip", bootstrap(t)))
	got[map[string]string](t)(l.Deploy(t.Context(), Stack{
		Name: "function", Account: l.Hub(), Region: l.Region(), Template: functionStack,
		Parameters:   map[string]string{"Bucket": l.ArtifactBucket()},
		Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam},
	}))
	invoke := func() string {
		out := got[*lambda.InvokeOutput](t)(lambda.NewFromConfig(l.Config(l.Hub(), l.Region())).Invoke(t.Context(),
			&lambda.InvokeInput{FunctionName: aws.String("caller"), Payload: []byte("{}")}))
		var answer struct {
			Error    string `json:"error"`
			LabToken int    `json:"lab_token"`
		}
		must(t, json.Unmarshal(out.Payload, &answer))
		if answer.LabToken != 0 {
			t.Error("the function knows the lab's token")
		}
		return answer.Error
	}
	l.ClearCalls()
	if have := invoke(); have != "" {
		t.Fatalf("the function's call failed: %s", have)
	}
	if principal := l.Calls(0)[0].Principal; !strings.Contains(principal, ":assumed-role/caller/") {
		t.Errorf("the journal names %s, want the function's role", principal)
	}
	onlyLoopback(t, l) // while the function's process and its Runtime API are there
	must(t, l.Inject(Fault{Service: "sqs", Operation: "ListQueues", Error: FaultThrottle}))
	if have := invoke(); !strings.Contains(have, "ThrottlingException") {
		t.Errorf("faults miss the function: %q", have)
	}
}
