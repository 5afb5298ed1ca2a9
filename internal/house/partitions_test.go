package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What only one partition, or only some Regions, would understand.
var (
	oneARN     = regexp.MustCompile(`arn:aws:`)
	oneConsole = regexp.MustCompile(`console\.(aws\.amazon\.com|amazonaws)`)
	oneSuffix  = regexp.MustCompile(`(?:[\w}*-]\.)?amazonaws(?:\\?\.)com\b`)
	oneRegion  = regexp.MustCompile(`\b(?:af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(?:-[a-z]+){1,2}-[0-9]{1,2}\b`)
	ownForm    = regexp.MustCompile(`-\[a-z\][{+*]`) // a shape of Regions beside names.RegionForm
	// A principal has the suffix of the commercial partition in all of them, but for those of suffixed.
	principal = regexp.MustCompile(`[a-z0-9.-]+\.amazonaws\.com\b`)
)

// suffixed are the services whose principals end as their partition does: ec2.amazonaws.com.cn.
// Source: Amazon EC2 user guide, "Create an IAM role"; IAM user guide, "Service principals" in opt-in partitions.
func suffixed() []string { return []string{"ec2.amazonaws.com"} }

// emulator is why the lab may be of one partition.
const emulator = "runs against the lab alone, which is in the commercial partition"

// oneOf is a text that is of one partition or Region on purpose.
type oneOf struct{ text, why string }

// allowed are they, by file; a folder ends in a slash and stands for all that it has.
func allowed() map[string][]oneOf {
	all := map[string][]oneOf{}
	for _, folder := range []string{
		"bench/", "functions/playbooktest/", "internal/lab/", "internal/engine/enginetest/", "internal/ledger/ledgertest/",
		"cmd/salve/demo", "cmd/salve/lab",
	} {
		all[folder] = []oneOf{{"", emulator}}
	}
	all["playbooks/"] = []oneOf{
		{"arn:aws:securityhub:", "what AWS's guide calls a standard; findings are told by its end"},
	}
	all["internal/docs/sample.go"] = []oneOf{{"us-east-1", "a sample for a page"}}
	all["cmd/salve/examples.go"] = []oneOf{{"", "an example for readers"}}
	all["internal/rehearse/read.go"] = []oneOf{{"us-east-1", "any will do: a finding that names none is not believed"}}
	all["internal/names/region.go"] = []oneOf{{"-[a-z]+", "the one shape of Regions"}}
	all["internal/notice/link.go"] = []oneOf{{"console", "chooses by the Region"}}
	all["internal/control/pass.go"] = []oneOf{{"ec2.amazonaws.com", "Suffixed: what it is called is Principal's to say"}}
	all["internal/control/mappingcheck.go"] = []oneOf{
		{"arn:aws:sns", "an example in a message"}, {"eu-west-1", "any will do: what a mapping says is tried on it"},
	}
	all["internal/policy/pass.go"] = []oneOf{
		{"ec2.amazonaws.com", "the key of Recipients"},
		{".amazonaws.com", "shortens the name of a statement"},
		{"amazonaws.com", "is replaced by the suffix of the partition"},
	}
	all["internal/gate/validate.go"] = []oneOf{{"eu-west-1", "an example in a message"}}
	all["internal/policy/session.go"] = []oneOf{{"eu-west-1", "an example in a message"}}
	all["internal/policydoc/public.go"] = []oneOf{{`amazonaws\.com(\.cn)?`, "both names of S3"}}
	all["cmd/salve/known.go"] = []oneOf{{"", "one Region of each partition is known by its name"}}
	allowedBelow(all)
	return all
}

// allowedBelow are those of playbooks, runbooks and templates.
func allowedBelow(all map[string][]oneOf) {
	all["functions/playbooks/autoscaling/launch_configurations.go"] = []oneOf{
		{"ec2.amazonaws.com", "the key of Recipients"},
	}
	all["functions/playbooks/sns/encryption.go"] = []oneOf{{".amazonaws.com", "makes a principal of an ARN's service"}}
	all["functions/playbooks/cloudwatch/alarms.go"] = []oneOf{
		{".amazonaws.com)", "CloudTrail's eventSource, the same everywhere"},
	}
	all["functions/playbooks/needs/logbucket.go"] = []oneOf{
		{"us-east-1", "the one Region for which S3 takes no constraint"},
	}
	all["internal/around/tags.go"] = []oneOf{
		{"us-east-1", "where the partition aws keeps the tags of what has no Region; elsewhere they are not known"},
	}
	all["functions/playbooks/route53/query_log.go"] = []oneOf{
		{"us-east-1", "where Route 53 writes logs to, and in no other"},
	}
	all["functions/playbooks/cloudfront/missing_origin.go"] = []oneOf{
		{"us-east-1", "where hosts without a Region lead, which are of the commercial partition"},
		{"eu-west-1", "what the location EU means"},
		{`amazonaws\.com`, "hosts of buckets, in China too"},
	}
	const ofCloudFront = "the Region of CloudFront's findings and web ACLs, by AWS"
	all["functions/playbooks/cloudfront/access_log.go"] = []oneOf{
		{".amazonaws.com", "chooses by the partition"}, {"us-east-1", ofCloudFront},
	}
	all["functions/playbooks/cloudfront/named.go"] = []oneOf{{"us-east-1", ofCloudFront}}
	all["ssm-documents/cloudfront/Salve-RestoreOrigin.yaml"] = []oneOf{
		{"us-east-1", "where hosts without a Region lead"},
		{`amazonaws\.com`, "hosts of buckets, in China too"},
		{"-[a-z]+", "the shape of names.RegionForm, in Python"},
	}
	all["ssm-documents/ssm/Salve-ManageInstance.yaml"] = []oneOf{
		{"ec2.amazonaws.com", "the key of Recipients: the role is allowed it by the partition's name"},
	}
	all["cmd/salve/orgrun.go"] = []oneOf{{"us-east-1", "the Region of the list prices"}}
	all["internal/rollout/bucket.go"] = []oneOf{{"us-east-1", "the one Region for which S3 takes no constraint"}}
	all["internal/selftest/s3.go"] = []oneOf{{"us-east-1", "the one Region for which S3 takes no constraint"}}
	all["internal/stack/stacktest/"] = []oneOf{{"", emulator}}
	all["deploy/organization.yaml"] = []oneOf{
		{"logs.REGION.amazonaws.com", "a description, which says what it is in China"},
		{"-[a-z]+", "the shape of names.RegionForm, of a parameter"},
	}
	const byName = "AWS has them there alone"
	all["deploy/hub.yaml"] = []oneOf{
		{"cn-north", byName},
		{"us-gov", byName},
		{"ap-south-1", byName},
		{"eu-central-1", byName},
		{"us-east-1", byName},
		{"us-west-2", byName},
		{"}.amazonaws.com", "in kms:ViaService, with whatever follows"},
		{"logs.REGION.amazonaws.com", "a description, which says what it is in China"},
	}
}

// TestNothingIsOfOnePartition reads all that runs: programs, templates and runbooks, without their comments.
func TestNothingIsOfOnePartition(t *testing.T) {
	exceptions, used := allowed(), map[string]bool{}
	for file, literals := range texts(t) {
		for _, text := range literals {
			for _, what := range bound(text) {
				if !excepted(exceptions, used, file, text, what) {
					t.Errorf("%s: %q in %q is of one partition or Region: take those of the target, or say in allowed why not",
						file, what, text)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(exceptions)) {
		for _, one := range exceptions[name] {
			if !used[name+one.text] {
				t.Errorf("%s: %q is allowed, and nothing has it any more", name, one.text)
			}
		}
	}
}

// excepted tells that a text may be of one partition, and remembers by what.
func excepted(exceptions map[string][]oneOf, used map[string]bool, file, text, what string) bool {
	for name, list := range exceptions {
		for _, one := range list {
			fits := strings.Contains(what, one.text) || strings.Contains(one.text, what) && strings.Contains(text, one.text)
			if strings.HasPrefix(file, name) && fits {
				used[name+one.text] = true
				return true
			}
		}
	}
	return false
}

// bound are the parts of a text that are of one partition or Region.
func bound(text string) []string {
	var out []string
	for _, of := range []*regexp.Regexp{oneARN, oneConsole, oneRegion, ownForm} {
		out = append(out, of.FindAllString(text, -1)...)
	}
	rest := principal.ReplaceAllStringFunc(text, func(name string) string {
		if slices.Contains(suffixed(), name) {
			out = append(out, name)
		}
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "s3.") {
			return name // the end of a host
		}
		return ""
	})
	return append(out, oneSuffix.FindAllString(rest, -1)...)
}

// texts are the texts of all files that run, by file.
func texts(t *testing.T) map[string][]string {
	t.Helper()
	out, root := map[string][]string{}, filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(notOurs(), entry.Name()),
			name == "docs":
			return fs.SkipDir
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			out[name], err = literals(path)
		case strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".gen.json"):
			out[name], err = lines(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"deploy/member.yaml", "internal/policy/pass.go", "ssm-documents/s3/Salve-CloseBucket.yaml",
	} {
		if len(out[name]) == 0 {
			t.Errorf("nothing was read of %s", name)
		}
	}
	return out
}

// literals are the texts of a Go file.
func literals(path string) ([]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if _, isImport := n.(*ast.ImportSpec); isImport {
			return false
		}
		if one, ok := n.(*ast.BasicLit); ok && one.Kind == token.STRING {
			if text, err := strconv.Unquote(one.Value); err == nil {
				out = append(out, text)
			}
		}
		return true
	})
	return out, nil
}

// lines are those of a file, without those that are comments.
func lines(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") || strings.Contains(line, "passedTo:") {
			out = append(out, line)
		}
	}
	return out, nil
}

// TestPartitionsAreTold: what the check must find, and what it must leave.
func TestPartitionsAreTold(t *testing.T) {
	for text, want := range map[string][]string{
		"arn:aws:s3:::" + "logs":             {"arn:aws:"},
		"arn:${AWS::Partition}:s3:::logs":    nil,
		"arn:aws[a-z-]*:s3:::":               nil,
		"sns.amazonaws.com":                  nil,
		"ec2.amazonaws.com":                  {"ec2.amazonaws.com"},
		"ec2.${AWS::URLSuffix}":              nil,
		"sqs.${AWS::Region}.amazonaws.com":   {"}.amazonaws.com"},
		"https://console.aws.amazon.com/iam": {"console.aws.amazon.com"},
		"eu-west-1":                          {"eu-west-1"},
		"ap-southeast-7":                     {"ap-southeast-7"},
		`^[a-z]{2}-[a-z]+-[0-9]$`:            {"-[a-z]+"},
		"bucket.s3.amazonaws.com":            nil,
	} {
		if got := bound(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// notOurs are folders of which nothing is released.
func notOurs() []string { return []string{".git", ".venv", ".judge-venv", "bin", "dist", "testdata"} }
