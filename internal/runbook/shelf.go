package runbook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/goccy/go-yaml"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// shelf is where one document stands: an account and a Region.
type shelf struct {
	Document
	client *ssm.Client
	target control.Target
}

func open(env control.Env, d Document) shelf {
	return shelf{Document: d, client: ssm.NewFromConfig(env.Config), target: env.Target}
}

// place is where a content stands, or will stand once it is published.
type place struct {
	version   string // of this content
	first     bool   // there is no document of the name yet
	published bool
	ready     bool // it may be started
}

// versionPrefix begins the names of versions. The hash of the content follows: so a version of ours is
// found whatever was published since, and what somebody else published under the name is told from it. No other
// version of the document can have the name, and AWS does not let anybody change it.
// Source: Systems Manager API reference, CreateDocument and UpdateDocument, VersionName.
const versionPrefix = names.RunbookVersionPrefix

// VersionName is what Salve calls the version of the document with this content.
func (d Document) VersionName() string { return versionPrefix + d.hash() }

// Hash identifies the content, as plans name it: hex SHA-256.
func (d Document) Hash() string { return d.hash() }

// hash identifies a content by what it says: AWS keeps YAML and JSON, and may give back either in its own layout.
func (d Document) hash() string { return hashOf(d.Content) }

// hashOf is of the letters where AWS may read something else than we do.
func hashOf(content string) string {
	var says any
	canonical := []byte(content)
	if err := readAlike(content, &says); err == nil && !marked(content) {
		if text, err := json.Marshal(says); err == nil {
			canonical = text
		}
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// marked tells that an anchor or a tag may follow a key at once, as in {a:&b c}: that is one key for some readers.
func marked(content string) bool {
	return strings.Contains(content, ":&") || strings.Contains(content, ":!")
}

// readAlike reads a content that every reader of YAML takes for the same. Those of YAML 1.1 end a line, and so a
// comment, where those of 1.2 do not; and of several documents each takes the ones it likes.
// Source: YAML 1.1, section 5.4; YAML 1.2.2, section 5.4.
func readAlike(content string, into any) error {
	odd := func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) || strings.ContainsRune("\u2028\u2029\ufeff", r)
	}
	if strings.ContainsFunc(content, odd) {
		return errors.New("it has signs that end a line for some readers of YAML alone")
	}
	decoder := yaml.NewDecoder(strings.NewReader(content))
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read it as YAML: %w", err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return errors.New("it is more than one YAML document")
	}
	return nil
}

func (d Document) format() types.DocumentFormat {
	if strings.HasPrefix(strings.TrimSpace(d.Content), "{") {
		return types.DocumentFormatJson
	}
	return types.DocumentFormatYaml
}

// find looks for the content, and only reads. It refuses a document that is not ours, and one that somebody changed.
func (s shelf) find(ctx context.Context) (place, error) {
	// By its version's name first: one call where it is there, as it nearly always is. Whose document it is needs no
	// other: a name without an account is of the own one, and the content is what Salve would have published.
	// Source: Systems Manager User Guide, Using shared SSM documents.
	named, err := s.read(ctx, &ssm.GetDocumentInput{VersionName: aws.String(s.VersionName())})
	switch {
	case err != nil:
		return place{}, err
	case named != nil && named.DocumentType != types.DocumentTypeAutomation:
		return place{}, s.refuse("is no runbook")
	case named != nil:
		return s.ours(named)
	}
	return s.missing(ctx)
}

// missing is where the content will stand that no version has the name of.
func (s shelf) missing(ctx context.Context) (place, error) {
	out, err := s.client.DescribeDocument(ctx, &ssm.DescribeDocumentInput{
		Name: &s.Name, DocumentVersion: aws.String("$LATEST"),
	})
	switch {
	case fault.Unpublished(err):
		return place{version: "1", first: true}, nil
	case err != nil:
		return place{}, fmt.Errorf("look for runbook %s: %w", s.Name, err)
	case out.Document == nil || out.Document.LatestVersion == nil:
		return place{}, fault.New(fault.Invalid, "DescribeDocument answered without the latest version of %s", s.Name)
	}
	about := *out.Document
	if owner := aws.ToString(about.Owner); owner != s.target.Account {
		return place{}, s.refuse("belongs to " + owner)
	} else if about.DocumentType != types.DocumentTypeAutomation {
		return place{}, s.refuse("is no runbook")
	}
	latest, err := s.read(ctx, &ssm.GetDocumentInput{DocumentVersion: about.LatestVersion})
	if err != nil {
		return place{}, err
	}
	return s.after(latest, aws.ToString(about.LatestVersion))
}

// after is where the content will stand behind the latest version, which must be one of ours.
func (s shelf) after(latest *ssm.GetDocumentOutput, version string) (place, error) {
	if latest == nil {
		return place{}, fault.New(fault.Retry, "version %s of runbook %s went away while it was looked at", version, s.Name)
	}
	hash := hashOf(aws.ToString(latest.Content))
	switch n, err := strconv.Atoi(version); {
	case hash == s.hash():
		return s.ours(latest)
	case aws.ToString(latest.VersionName) != versionPrefix+hash:
		return place{}, s.refuse("was changed by somebody else: its version " + version + " is not Salve's")
	case err != nil:
		return place{}, fault.New(fault.Invalid, "version %q of runbook %s is no number", version, s.Name)
	default:
		return place{version: strconv.Itoa(n + 1)}, nil
	}
}

// ours is the place of a version that should have the content.
func (s shelf) ours(found *ssm.GetDocumentOutput) (place, error) {
	switch {
	case hashOf(aws.ToString(found.Content)) != s.hash():
		return place{}, s.refuse("was changed by somebody else: its version " + aws.ToString(found.DocumentVersion) +
			" has another content than Salve published")
	case found.Status == types.DocumentStatusFailed:
		return place{}, s.refuse("was not taken in by Systems Manager: " + aws.ToString(found.StatusInformation))
	}
	return place{
		version: aws.ToString(found.DocumentVersion), published: true, ready: found.Status == types.DocumentStatusActive,
	}, nil
}

// read returns a version, nil where there is none.
func (s shelf) read(ctx context.Context, in *ssm.GetDocumentInput) (*ssm.GetDocumentOutput, error) {
	in.Name, in.DocumentFormat = &s.Name, s.format()
	out, err := s.client.GetDocument(ctx, in)
	switch {
	case fault.Unpublished(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read runbook %s: %w", s.Name, err)
	}
	return out, nil
}

func (s shelf) refuse(why string) error {
	return fault.New(fault.Refused, "the document %s in account %s, Region %s, %s; it is left alone and not started:"+
		" delete it, and Salve publishes its own", s.Name, s.target.Account, s.target.Region, why)
}

// ensure is find, after publishing what was not there.
func (s shelf) ensure(ctx context.Context) (place, error) {
	at, err := s.find(ctx)
	if err != nil || at.published {
		return at, err
	}
	if err := s.publish(ctx, at); err != nil {
		return place{}, err
	}
	if at, err = s.find(ctx); err == nil && !at.published {
		err = fault.New(fault.Retry, "runbook %s was published and is not to be seen yet", s.Name)
	}
	return at, err
}

// publish makes the version. That somebody else was quicker is no failure: what is there then is looked at.
func (s shelf) publish(ctx context.Context, at place) error {
	name := aws.String(s.VersionName())
	var err error
	if at.first {
		_, err = s.client.CreateDocument(ctx, &ssm.CreateDocumentInput{
			Name: &s.Name, Content: &s.Content, DocumentType: types.DocumentTypeAutomation, DocumentFormat: s.format(),
			VersionName: name,
		})
	} else {
		_, err = s.client.UpdateDocument(ctx, &ssm.UpdateDocumentInput{
			Name: &s.Name, Content: &s.Content, DocumentVersion: aws.String("$LATEST"), DocumentFormat: s.format(),
			VersionName: name,
		})
	}
	switch {
	case err == nil, fault.Published(err):
		return nil
	case fault.DocumentsFull(err):
		return fault.New(fault.Refused, "account %s has as many documents of Systems Manager in %s as it may have, and"+
			" runbook %s is not among them: delete some that nobody uses, or have the quota raised",
			s.target.Account, s.target.Region, s.Name)
	case fault.VersionsFull(err):
		return fault.New(fault.Refused, "runbook %s has as many versions in account %s, Region %s, as it may have:"+
			" delete old ones", s.Name, s.target.Account, s.target.Region)
	}
	return fmt.Errorf("publish runbook %s: %w", s.Name, err)
}
