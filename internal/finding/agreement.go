package finding

import (
	"regexp"
	"strings"
)

var (
	ownGenerator   = regexp.MustCompile(`^security-control/([A-Za-z0-9]+\.[0-9]+)$`)
	listGenerator  = regexp.MustCompile(`^([a-z0-9-]+/v/[0-9]+\.[0-9]+\.[0-9]+)/([A-Za-z0-9.]+)$`)
	rulesGenerator = regexp.MustCompile(`^arn:(aws[a-z-]*):securityhub:::ruleset/` +
		`(cis-aws-foundations-benchmark/v/1\.2\.0)/rule/([0-9]+\.[0-9]+)$`)
	standardsControl = regexp.MustCompile(`^arn:(aws[a-z-]*):securityhub:([a-z0-9-]+):([0-9]{12}):` +
		`control/([a-z0-9-]+/v/[0-9]+\.[0-9]+\.[0-9]+)/([A-Za-z0-9.]+)$`)
	subscription = regexp.MustCompile(`^arn:(aws[a-z-]*):securityhub:([a-z0-9-]+):([0-9]{12}):subscription/(.+)$`)
)

// generator compares GeneratorId, which has three forms.
func (p *proof) generator() error {
	text := p.raw.GeneratorID
	slug, id, partition := "", "", p.f.Partition
	if part := ownGenerator.FindStringSubmatch(text); part != nil {
		id = part[1]
	} else if part := listGenerator.FindStringSubmatch(text); part != nil {
		slug, id = part[1], part[2]
	} else if part := rulesGenerator.FindStringSubmatch(text); part != nil {
		partition, slug, id = part[1], part[2], part[3]
	}
	if slug != p.slug || partition != p.f.Partition || !p.names(slug, id) {
		want := "security-control/" + p.f.Control
		if p.slug != "" {
			want = "the id of " + p.f.Control + " in " + p.slug
		}
		return refuse("GeneratorId", ForgedGenerator, text, want)
	}
	return nil
}

// fields compares what ProductFields repeat. None of them is needed; none may disagree.
func (p *proof) fields() error {
	if err := p.standardsControlARN(); err != nil {
		return err
	}
	for _, name := range []string{"ControlId", "RuleId"} {
		if id, given := p.raw.ProductFields[name]; given && !p.names(p.slug, id) {
			return refuse("ProductFields."+name, ForgedFields, id, "a name of "+p.f.Control)
		}
	}
	for _, name := range []string{"StandardsArn", "StandardsGuideArn"} {
		text, given := p.raw.ProductFields[name]
		if given && p.slug != "" && !strings.HasSuffix(text, "/"+p.slug) {
			return refuse("ProductFields."+name, ForgedFields, text, "the standard "+p.slug)
		}
	}
	for _, name := range []string{"StandardsSubscriptionArn", "StandardsGuideSubscriptionArn"} {
		if err := p.subscriptionARN(name); err != nil {
			return err
		}
	}
	return p.repeatedResource()
}

// standardsControlARN compares the longest of the repetitions: it names account, Region, standard and control.
func (p *proof) standardsControlARN() error {
	const field = "ProductFields.StandardsControlArn"
	text, given := p.raw.ProductFields["StandardsControlArn"]
	if !given {
		return nil
	}
	part := standardsControl.FindStringSubmatch(text)
	if part == nil || (p.slug != "" && part[4] != p.slug) || !p.names(part[4], part[5]) {
		return refuse(field, ForgedFields, text, "the ARN of "+p.f.Control+" in its standard")
	}
	return p.sameHome(field, part[1], part[2], part[3])
}

// subscriptionARN compares whose subscription to which standard the finding comes from.
func (p *proof) subscriptionARN(name string) error {
	text, given := p.raw.ProductFields[name]
	if !given || p.slug == "" {
		return nil
	}
	part := subscription.FindStringSubmatch(text)
	if part == nil || part[4] != p.slug {
		return refuse("ProductFields."+name, ForgedFields, text, "the subscription to "+p.slug)
	}
	return p.sameHome("ProductFields."+name, part[1], part[2], part[3])
}

// repeatedResource compares the copy of the resource's id. For an account Security Hub writes its root user.
func (p *proof) repeatedResource() error {
	text, given := p.raw.ProductFields["Resources:0/Id"]
	if !given || len(p.raw.Resources) == 0 || text == p.raw.Resources[0].ID {
		return nil
	}
	if p.raw.Resources[0].Type == accountType && text == p.rootUser() {
		return nil
	}
	return refuse("ProductFields.Resources:0/Id", ForgedFields, text, "the id in Resources")
}
