package securityhub

// kind is the type of a filter attribute.
type kind int

// The kinds, each with a filter type of its own in the API.
const (
	kindString kind = iota
	kindMap
	kindDate
	kindNumber
	kindBoolean
	kindIP
	kindKeyword
)

// attribute says where in a finding a filter attribute looks.
type attribute struct {
	kind kind
	path string
}

// attributeOf finds a filter attribute by its name in the API.
func attributeOf(name string) (attribute, bool) {
	for kind, paths := range map[kind]map[string]string{
		kindString:  stringAttributes(),
		kindMap:     mapAttributes(),
		kindDate:    dateAttributes(),
		kindNumber:  numberAttributes(),
		kindBoolean: {"Sample": "Sample"},
		kindIP:      ipAttributes(),
		kindKeyword: {"Keyword": ""},
	} {
		if path, ok := paths[name]; ok {
			return attribute{kind, path}, true
		}
	}
	path, ok := resourceAttributes()[name]
	return attribute{kindString, path}, ok
}

// stringAttributes are compared as texts; a path may lead to several of them.
func stringAttributes() map[string]string {
	return map[string]string{
		"ProductArn":         "ProductArn",
		"AwsAccountId":       "AwsAccountId",
		"AwsAccountName":     "AwsAccountName",
		"Id":                 "Id",
		"GeneratorId":        "GeneratorId",
		"Region":             "Region",
		"Type":               "Types",
		"SeverityLabel":      "Severity.Label",
		"Title":              "Title",
		"Description":        "Description",
		"RecommendationText": "Remediation.Recommendation.Text",
		"SourceUrl":          "SourceUrl",
		"ProductName":        "ProductName",
		"CompanyName":        "CompanyName",
		"ComplianceStatus":   "Compliance.Status",
		"VerificationState":  "VerificationState",
		"WorkflowState":      "WorkflowState",
		"WorkflowStatus":     "Workflow.Status",
		"RecordState":        "RecordState",
		"NoteText":           "Note.Text",
		"NoteUpdatedBy":      "Note.UpdatedBy",

		"RelatedFindingsProductArn":               "RelatedFindings.ProductArn",
		"RelatedFindingsId":                       "RelatedFindings.Id",
		"ComplianceSecurityControlId":             "Compliance.SecurityControlId",
		"ComplianceAssociatedStandardsId":         "Compliance.AssociatedStandards.StandardsId",
		"ComplianceSecurityControlParametersName": "Compliance.SecurityControlParameters.Name",

		"ComplianceSecurityControlParametersValue":       "Compliance.SecurityControlParameters.Value",
		"FindingProviderFieldsRelatedFindingsId":         "FindingProviderFields.RelatedFindings.Id",
		"FindingProviderFieldsRelatedFindingsProductArn": "FindingProviderFields.RelatedFindings.ProductArn",
		"FindingProviderFieldsSeverityLabel":             "FindingProviderFields.Severity.Label",
		"FindingProviderFieldsSeverityOriginal":          "FindingProviderFields.Severity.Original",
		"FindingProviderFieldsTypes":                     "FindingProviderFields.Types",

		"MalwareName":                     "Malware.Name",
		"MalwareType":                     "Malware.Type",
		"MalwarePath":                     "Malware.Path",
		"MalwareState":                    "Malware.State",
		"NetworkDirection":                "Network.Direction",
		"NetworkProtocol":                 "Network.Protocol",
		"NetworkSourceDomain":             "Network.SourceDomain",
		"NetworkSourceMac":                "Network.SourceMac",
		"NetworkDestinationDomain":        "Network.DestinationDomain",
		"ProcessName":                     "Process.Name",
		"ProcessPath":                     "Process.Path",
		"ThreatIntelIndicatorType":        "ThreatIntelIndicators.Type",
		"ThreatIntelIndicatorValue":       "ThreatIntelIndicators.Value",
		"ThreatIntelIndicatorCategory":    "ThreatIntelIndicators.Category",
		"ThreatIntelIndicatorSource":      "ThreatIntelIndicators.Source",
		"ThreatIntelIndicatorSourceUrl":   "ThreatIntelIndicators.SourceUrl",
		"VulnerabilitiesExploitAvailable": "Vulnerabilities.ExploitAvailable",
		"VulnerabilitiesFixAvailable":     "Vulnerabilities.FixAvailable",
	}
}

// resourceAttributes are the texts about the resources of a finding.
func resourceAttributes() map[string]string {
	return map[string]string{
		"ResourceType":            "Resources.Type",
		"ResourceId":              "Resources.Id",
		"ResourcePartition":       "Resources.Partition",
		"ResourceRegion":          "Resources.Region",
		"ResourceApplicationName": "Resources.ApplicationName",
		"ResourceApplicationArn":  "Resources.ApplicationArn",
		"ResourceOwnerAccountId":  "Resources.Owner.Account.Id",
		"ResourceOwnerOrgId":      "Resources.Owner.Org.Id",
		"ResourceProvider":        "Resources.Provider",

		"ResourceAwsEc2InstanceType":                  "Resources.Details.AwsEc2Instance.Type",
		"ResourceAwsEc2InstanceImageId":               "Resources.Details.AwsEc2Instance.ImageId",
		"ResourceAwsEc2InstanceKeyName":               "Resources.Details.AwsEc2Instance.KeyName",
		"ResourceAwsEc2InstanceIamInstanceProfileArn": "Resources.Details.AwsEc2Instance.IamInstanceProfileArn",
		"ResourceAwsEc2InstanceVpcId":                 "Resources.Details.AwsEc2Instance.VpcId",
		"ResourceAwsEc2InstanceSubnetId":              "Resources.Details.AwsEc2Instance.SubnetId",
		"ResourceAwsS3BucketOwnerId":                  "Resources.Details.AwsS3Bucket.OwnerId",
		"ResourceAwsS3BucketOwnerName":                "Resources.Details.AwsS3Bucket.OwnerName",
		"ResourceAwsIamAccessKeyUserName":             "Resources.Details.AwsIamAccessKey.UserName",
		"ResourceAwsIamAccessKeyPrincipalName":        "Resources.Details.AwsIamAccessKey.PrincipalName",
		"ResourceAwsIamAccessKeyStatus":               "Resources.Details.AwsIamAccessKey.Status",
		"ResourceAwsIamUserUserName":                  "Resources.Details.AwsIamUser.UserName",
		"ResourceContainerName":                       "Resources.Details.Container.Name",
		"ResourceContainerImageId":                    "Resources.Details.Container.ImageId",
		"ResourceContainerImageName":                  "Resources.Details.Container.ImageName",
	}
}

// mapAttributes are looked up by key.
func mapAttributes() map[string]string {
	return map[string]string{
		"ProductFields":        "ProductFields",
		"UserDefinedFields":    "UserDefinedFields",
		"ResourceTags":         "Resources.Tags",
		"ResourceDetailsOther": "Resources.Details.Other",
	}
}

// dateAttributes are time stamps.
func dateAttributes() map[string]string {
	return map[string]string{
		"FirstObservedAt":                    "FirstObservedAt",
		"LastObservedAt":                     "LastObservedAt",
		"CreatedAt":                          "CreatedAt",
		"UpdatedAt":                          "UpdatedAt",
		"NoteUpdatedAt":                      "Note.UpdatedAt",
		"ProcessLaunchedAt":                  "Process.LaunchedAt",
		"ProcessTerminatedAt":                "Process.TerminatedAt",
		"ThreatIntelIndicatorLastObservedAt": "ThreatIntelIndicators.LastObservedAt",
		"ResourceAwsEc2InstanceLaunchedAt":   "Resources.Details.AwsEc2Instance.LaunchedAt",
		"ResourceAwsIamAccessKeyCreatedAt":   "Resources.Details.AwsIamAccessKey.CreatedAt",
		"ResourceContainerLaunchedAt":        "Resources.Details.Container.LaunchedAt",
	}
}

// numberAttributes are compared as floating point numbers.
func numberAttributes() map[string]string {
	return map[string]string{
		"SeverityProduct":                  "Severity.Product",
		"SeverityNormalized":               "Severity.Normalized",
		"Confidence":                       "Confidence",
		"Criticality":                      "Criticality",
		"NetworkSourcePort":                "Network.SourcePort",
		"NetworkDestinationPort":           "Network.DestinationPort",
		"ProcessPid":                       "Process.Pid",
		"ProcessParentPid":                 "Process.ParentPid",
		"FindingProviderFieldsConfidence":  "FindingProviderFields.Confidence",
		"FindingProviderFieldsCriticality": "FindingProviderFields.Criticality",
	}
}

// ipAttributes are matched against address ranges.
func ipAttributes() map[string]string {
	return map[string]string{
		"NetworkSourceIpV4":                   "Network.SourceIpV4",
		"NetworkSourceIpV6":                   "Network.SourceIpV6",
		"NetworkDestinationIpV4":              "Network.DestinationIpV4",
		"NetworkDestinationIpV6":              "Network.DestinationIpV6",
		"ResourceAwsEc2InstanceIpV4Addresses": "Resources.Details.AwsEc2Instance.IpV4Addresses",
		"ResourceAwsEc2InstanceIpV6Addresses": "Resources.Details.AwsEc2Instance.IpV6Addresses",
	}
}
