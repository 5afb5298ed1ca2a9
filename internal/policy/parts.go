package policy

// partsHeading begins what is cut out of a template.
const partsHeading = "# Cut out of deploy/member.yaml by: go generate ./deploy\n"

// Bare returns the template without what changes with the controls: what the roles are allowed, and the roles of
// runbooks. Whom a role trusts and what it is denied stays, word for word.
func Bare(template []byte) ([]byte, error) {
	template, err := between(template, beginFamilies, endFamilies, "")
	if err != nil {
		return nil, err
	}
	if template, err = between(template, beginMark, endMark, ""); err != nil {
		return nil, err
	}
	return append([]byte(partsHeading), unmarked(template)...), nil
}

// Template returns a template with the family's role alone, word for word as Render writes it.
func (f Family) Template() []byte {
	return []byte(partsHeading + partsParameters + "Resources:\n" + f.role())
}

// partsParameters are those of the whole template that the role of a family goes by.
const partsParameters = `AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  NamePrefix: {Type: String, Default: ""}
  RolePath: {Type: String, Default: /}
  PermissionsBoundaryArn: {Type: String, Default: ""}
Conditions:
  HasBoundary: !Not [!Equals [!Ref PermissionsBoundaryArn, ""]]
`
