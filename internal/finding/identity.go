package finding

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/names"
)

// Standards is what the lists of standards know. Names and ids are taken in any case of letters.
type Standards interface {
	// Canonical is a control's id as Security Hub writes it.
	Canonical(control string) (id string, ok bool)
	// Key finds a standard by slug or by id of AssociatedStandards.
	Key(name string) (key string, ok bool)
	// Resolve returns the controls an id of a standard names; there may be two.
	Resolve(standard, id string) []string
}

var (
	productARN = regexp.MustCompile(`^arn:(aws[a-z-]*):securityhub:([a-z0-9-]+)::product/aws/securityhub$`)
	anyProduct = regexp.MustCompile(`^arn:aws[a-z-]*:securityhub:[a-z0-9-]*:[0-9]*:product/[^/\s]+/[^/\s]+$`)
	findingID  = regexp.MustCompile(`^arn:(aws[a-z-]*):securityhub:([a-z0-9-]+):([0-9]{12}):` +
		`(?:security-control|subscription/([a-z0-9-]+/v/[0-9]+\.[0-9]+\.[0-9]+))` +
		`/([A-Za-z0-9.]+)/finding/[A-Za-z0-9-]+$`)
)

const maxID = 512 // of a finding and of a resource, as AWS has it

// proof is a finding on its way to be believed.
type proof struct {
	raw       Raw
	standards Standards
	slug      string // of the standard in Id; empty when consolidated
	f         Finding
}

// Identify believes a finding if all its fields that name product, partition, account, Region, control and
// resource agree. Who can post findings from a member account can choose each of them, but cannot use the
// product of Security Hub itself; the rest guards against everything that is not exactly what Security Hub
// writes. Any error is an *Identity.
func Identify(raw Raw, standards Standards) (Finding, error) {
	p := &proof{raw: raw, standards: standards}
	steps := []func() error{p.schema, p.place, p.product, p.id, p.control, p.generator, p.fields, p.resource, p.rest}
	for _, step := range steps {
		if err := step(); err != nil {
			return Finding{}, err
		}
	}
	return p.f, nil
}

// schemaVersion is the version of the format, the only one there is.
// Source: AWS Security Finding Format, SchemaVersion.
const schemaVersion = "2018-10-08"

// schema refuses a format whose fields may mean something else.
func (p *proof) schema() error {
	if p.raw.SchemaVersion != schemaVersion {
		return refuse("SchemaVersion", UnknownSchema, p.raw.SchemaVersion, schemaVersion)
	}
	return nil
}

// place settles account, Region and partition; every ARN is compared with them.
func (p *proof) place() error {
	if !anyProduct.MatchString(p.raw.ProductArn) {
		return refuse("ProductArn", ForgedShape, p.raw.ProductArn, "the ARN of a product")
	}
	if !productARN.MatchString(p.raw.ProductArn) {
		return refuse("ProductArn", ForeignProduct, p.raw.ProductArn, "…::product/aws/securityhub")
	}
	if !accountShape.MatchString(p.raw.AwsAccountID) {
		return refuse("AwsAccountId", ForgedShape, p.raw.AwsAccountID, "12 digits")
	}
	if !names.IsRegion(p.raw.Region) {
		return refuse("Region", ForgedShape, p.raw.Region, "a Region")
	}
	p.f.Account, p.f.Region, p.f.Partition = p.raw.AwsAccountID, p.raw.Region, names.PartitionOf(p.raw.Region)
	return nil
}

// product compares the Region and partition of ProductArn, which place has found to be Security Hub's own.
func (p *proof) product() error {
	part := productARN.FindStringSubmatch(p.raw.ProductArn)
	if part[1] != p.f.Partition || part[2] != p.f.Region {
		return refuse("ProductArn", ForgedProduct, p.raw.ProductArn, "Region "+p.f.Region+" of "+p.f.Partition)
	}
	p.f.API, p.f.ProductArn, p.f.Product, p.f.Source = ASFF, p.raw.ProductArn, p.raw.ProductName, FromControl
	return nil
}

// id takes Id apart. Its form also tells whether the finding is consolidated.
func (p *proof) id() error {
	part := findingID.FindStringSubmatch(p.raw.ID)
	if part == nil || len(p.raw.ID) > maxID {
		return refuse("Id", ForgedID, p.raw.ID, "the ARN of a control finding")
	}
	if err := p.sameHome("Id", part[1], part[2], part[3]); err != nil {
		return err
	}
	p.f.ID, p.slug, p.f.Consolidated = p.raw.ID, part[4], part[4] == ""
	return nil
}

// sameHome compares the partition, Region and account of one of Security Hub's own ARNs.
func (p *proof) sameHome(field, partition, region, account string) error {
	switch {
	case account != p.f.Account:
		return refuse(field, ForgedAccount, account, "account "+p.f.Account)
	case region != p.f.Region:
		return refuse(field, ForgedRegion, region, "Region "+p.f.Region)
	case partition != p.f.Partition:
		return refuse(field, ForgedPartition, partition, "partition "+p.f.Partition)
	}
	return nil
}

// control settles the control: SecurityControlId says which, and Id must say the same.
func (p *proof) control() error {
	claimed := p.raw.Compliance.SecurityControlID
	if claimed == "" {
		return refuse("Compliance.SecurityControlId", ForgedShape, claimed, "a control")
	}
	canonical, known := p.standards.Canonical(claimed)
	if !known {
		return refuse("Compliance.SecurityControlId", UnknownControl, claimed, "a control of a known standard")
	}
	p.f.Control = canonical
	named := findingID.FindStringSubmatch(p.raw.ID)[5]
	if p.slug != "" {
		key, ok := p.standards.Key(p.slug)
		if !ok {
			return refuse("Id", UnknownStandard, p.slug, "a standard Salve has a list of")
		}
		p.f.Standard = key
	}
	if !p.names(p.slug, named) {
		return refuse("Id", ForgedControl, named, canonical)
	}
	return nil
}

// names says whether an id is a name of the control, in a standard or, without one, its own.
func (p *proof) names(slug, id string) bool {
	if slug == "" {
		return strings.EqualFold(id, p.f.Control)
	}
	return slices.Contains(p.standards.Resolve(slug, id), p.f.Control)
}

// rest takes over what needs no proof but a form.
func (p *proof) rest() error {
	updated, err := time.Parse(time.RFC3339, p.raw.UpdatedAt)
	if err != nil {
		return refuse("UpdatedAt", ForgedShape, p.raw.UpdatedAt, "a time of RFC 3339")
	}
	p.f.UpdatedAt, p.f.FirstSeen = updated, p.raw.firstSeen()
	p.f.Description, p.f.AccountName = p.raw.Description, p.raw.AwsAccountName
	p.f.Title, p.f.Severity, p.f.Note = p.raw.Title, p.raw.Severity.Label, Words(p.raw.Note.UpdatedBy, p.raw.Note.Text)
	p.f.Aside, p.f.ConfigRule = p.raw.Note.aside(), p.raw.configRule()
	if p.f.Params, err = Params(p.raw.Compliance.Params); err != nil {
		return err
	}
	p.f.Compliance, p.f.Workflow, p.f.RecordState = p.raw.Compliance.Status, p.raw.Workflow.Status, p.raw.RecordState
	for _, standard := range p.raw.Compliance.AssociatedStandards {
		key, known := p.standards.Key(standard.StandardsID)
		if known && !slices.Contains(p.f.Standards, key) {
			p.f.Standards = append(p.f.Standards, key)
		}
	}
	if p.f.Standard != "" && !slices.Contains(p.f.Standards, p.f.Standard) {
		p.f.Standards = append(p.f.Standards, p.f.Standard)
	}
	slices.Sort(p.f.Standards)
	return nil
}

// firstSeen is when the problem was first observed; what cannot be read is nothing. Security Hub says of a check that
// fails after one that passed what the one before was, and keeps the date of the first: the problem is a new one then.
func (r Raw) firstSeen() time.Time {
	if r.ProductFields["PreviousComplianceStatus"] == Passed {
		if at, err := time.Parse(time.RFC3339, r.UpdatedAt); err == nil {
			return at
		}
	}
	for _, text := range []string{r.FirstSeen, r.CreatedAt} {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at
		}
	}
	return time.Time{}
}
