"""What Mews documents of every entity: the properties that the schemas must have.

A list of the project's own, taken once from the Connector API documentation of
2026-08-07, so that a slip in a schema has something to differ from. When Mews documents
a new property, add it here and in `schemas/`.

A line reads `type: path path ...`, in documented order. `[]` stands for the entries of
an array, `*` for the free keys of a map. A type is a JSON type, a string format
(date-time, date), `any`, or the name of a shape whose properties follow; `deprecated`
before it says that Mews advises against the property. One property is not from Mews:
`ReservationGroupUpdatedUtc` of companionships, which the tap adds.
"""

from __future__ import annotations

from typing import NamedTuple


class Property(NamedTuple):
    """What is documented of one property."""

    type: str
    deprecated: bool


SHAPES = {
    "amount": """
        string: Currency
        number: NetValue GrossValue
        object: TaxValues[]
        string: TaxValues[].Code
        number: TaxValues[].Value
        object: Breakdown Breakdown.Items[]
        string: Breakdown.Items[].TaxRateCode
        number: Breakdown.Items[].NetValue Breakdown.Items[].TaxValue
    """,
    "identity_document": """
        string: Id CustomerId Type Number Expiration Issuance IssuingCountryCode
        string: IssuingCountrySubdivisionCode IssuingCity
        string: IdentityDocumentSupportNumber
    """,
    "address": """
        string: Id Line1 Line2 City PostalCode CountryCode
        string: CountrySubdivisionCode
        number: Latitude Longitude
    """,
    "bill_customer": """
        string: Id
        account_address: Address
        object: LegalIdentifiers
        string: LegalIdentifiers.* BillingCode LastName FirstName SecondLastName
        string: TitlePrefix TaxIdentifier
    """,
    "account_address": """
        string: Id AccountId ChainId AccountType Line1 Line2 City PostalCode
        string: CountryCode CountrySubdivisionCode
        number: Latitude Longitude
        date-time: UpdatedUtc
        boolean: IsActive
    """,
    "bill_company": """
        string: Id
        account_address: Address
        object: LegalIdentifiers
        string: LegalIdentifiers.* BillingCode Name FiscalIdentifier
        string: AdditionalTaxIdentifier DUNS Telephone TaxIdentifier
        string: InvoicingEmail Department
    """,
}

STREAMS = {
    "order_items": """
        string: Id EnterpriseId AccountId AccountType ServiceId ServiceOrderId
        string: Notes BillId AccountingCategoryId BillingName ExternalIdentifier
        integer: UnitCount
        amount: UnitAmount Amount OriginalAmount
        string: RevenueType CreatorProfileId UpdaterProfileId
        date-time: CreatedUtc UpdatedUtc ConsumedUtc CanceledUtc ClosedUtc
        date-time: StartUtc ClaimedUtc
        string: AccountingState Type
        object: Options
        boolean: Options.CanceledWithReservation
        object: Data
        string: Data.Discriminator
        object: Data.Rebate
        string: Data.Rebate.ProductId Data.Rebate.RebatedItemId
        object: Data.Product
        string: Data.Product.ProductId Data.Product.AgeCategoryId
        string: Data.Product.ProductType
        object: Data.AllowanceDiscount
        string: Data.AllowanceDiscount.DiscountedOrderItemId
        string: Data.AllowanceDiscount.AllowanceProductOrderItemId
        object: Data.AllowanceProfits
        string: Data.AllowanceProfits.AllowanceProductOrderItemId
        string: Data.AllowanceProfits.AllowanceProfitType TaxExemptionReason
        string: TaxExemptionLegalReference
    """,
    "payments": """
        string: Id EnterpriseId AccountId AccountType PaymentRequestId BillId
        string: ReservationId AccountingCategoryId
        amount: Amount OriginalAmount
        string: Notes SettlementId
        date-time: ConsumedUtc ClosedUtc ChargedUtc CreatedUtc UpdatedUtc
        date-time: SettlementUtc
        string: AccountingState State Identifier Type Kind
        object: Data
        string: Data.Discriminator
        object: Data.CreditCard
        string: Data.CreditCard.CreditCardId
        object: Data.CreditCard.Transaction
        string: Data.CreditCard.Transaction.PaymentId
        string: Data.CreditCard.Transaction.SettlementId
        date-time: Data.CreditCard.Transaction.SettledUtc
        amount: Data.CreditCard.Transaction.Fee
        amount: Data.CreditCard.Transaction.AdjustedFee
        amount: Data.CreditCard.Transaction.ChargedAmount
        amount: Data.CreditCard.Transaction.SettledAmount
        object: Data.Invoice
        string: Data.Invoice.InvoiceId Data.Invoice.Type
        object: Data.External
        string: Data.External.Type Data.External.ExternalIdentifier
        object: Data.Ghost
        string: Data.Ghost.OriginalPaymentId
        object: Data.Alternative
        string: Data.Alternative.Type PaymentOrigin
    """,
    "reservations": """
        string: Id ServiceId AccountId AccountType CreatorProfileId
        string: UpdaterProfileId BookerId Number State Origin CommanderOrigin
        string: OriginDetails
        date-time: CreatedUtc UpdatedUtc CancelledUtc
        string: VoucherId BusinessSegmentId
        object: Options
        boolean: Options.OwnerCheckedIn Options.AllCompanionsCheckedIn
        boolean: Options.AnyCompanionCheckedIn Options.ConnectorCheckIn
        string: RateId CreditCardId GroupId RequestedResourceCategoryId
        string: AssignedResourceId AvailabilityBlockId PartnerCompanyId
        string: TravelAgencyId
        boolean: AssignedResourceLocked
        string: ChannelNumber ChannelManagerNumber CancellationReason
        date-time: ReleasedUtc ScheduledStartUtc ActualStartUtc ScheduledEndUtc
        date-time: ActualEndUtc
        string: Purpose QrCodeData
        object: PersonCounts[]
        string: PersonCounts[].AgeCategoryId
        integer: PersonCounts[].Count
        deprecated date-time: StartUtc EndUtc
    """,
    "customers": """
        string: Id ChainId Number Title Sex FirstName LastName SecondLastName
        string: NationalityCode PreferredLanguageCode LanguageCode BirthDate
        string: BirthCountryCode BirthCountrySubdivisionCode BirthPlace
        string: Occupation Email
        boolean: HasOtaEmail
        string: Phone TaxIdentificationNumber LoyaltyCode AccountingCode
        string: BillingCode Notes CarRegistrationNumber DietaryRequirements
        date-time: CreatedUtc UpdatedUtc
        string: AddressId Classifications[] Options[] ItalianDestinationCode
        string: ItalianFiscalCode ItalianLotteryCode CompanyId MergeTargetId
        boolean: IsActive
        string: PreferredSpaceFeatures[] CreatorProfileId UpdaterProfileId
        deprecated identity_document: Passport IdentityCard Visa DriversLicense
        deprecated address: Address
        deprecated string: ActivityState
    """,
    "companies": """
        string: Id ChainId Name MotherCompanyId InvoicingEmail WebsiteUrl
        string: InvoiceDueInterval
        object: Options
        boolean: Options.Invoiceable Options.AddFeesToInvoices
        boolean: Options.AddTaxDeductedPaymentToInvoices
        object: CreditRating
        string: CreditRating.Basic Department DunsNumber ReferenceIdentifier
        string: AccountingCode AdditionalTaxIdentifier BillingCode Contact
        string: ContactPerson Identifier Iata
        boolean: IsActive
        string: Notes
        integer: Number
        string: TaxIdentifier Telephone
        date-time: CreatedUtc UpdatedUtc
        string: AddressId MergeTargetId ExternalIdentifier
        deprecated string: ElectronicInvoiceIdentifier
        deprecated address: Address
        deprecated string: TaxIdentificationNumber
    """,
    "bills": """
        string: Id Name EnterpriseId AccountId AccountType
        string: AssociatedAccountIds[] CounterId State Type Number
        string: VariableSymbol
        date-time: CreatedUtc IssuedUtc TaxedUtc PaidUtc DueUtc
        date-time: LastReminderDateUtc UpdatedUtc
        string: PurchaseOrderNumber Notes
        object: Options
        boolean: Options.DisplayCustomer Options.DisplayTaxation
        boolean: Options.TrackReceivable Options.DisplayCid Options.Rebated
        object: OwnerData
        string: OwnerData.Discriminator
        object: OwnerData.Value
        any: OwnerData.Value.*
        object: AssociatedAccountData[]
        string: AssociatedAccountData[].Discriminator
        bill_customer: AssociatedAccountData[].BillCustomerData
        bill_company: AssociatedAccountData[].BillCompanyData
        object: EnterpriseData
        string: EnterpriseData.AdditionalTaxIdentifier
        string: EnterpriseData.CompanyName EnterpriseData.BankAccount
        string: EnterpriseData.BankName EnterpriseData.Iban EnterpriseData.Bic
        string: CorrectionState CorrectionType CorrectedBillId
        deprecated string: CustomerId CompanyId
        deprecated object: Revenue[]
        any: Revenue[].*
        deprecated object: Payments[]
        any: Payments[].*
        deprecated object: OrderItems[]
        string: OrderItems[].Id OrderItems[].AccountId OrderItems[].OrderId
        string: OrderItems[].BillId OrderItems[].AccountingCategoryId
        integer: OrderItems[].UnitCount
        amount: OrderItems[].UnitAmount OrderItems[].Amount
        amount: OrderItems[].OriginalAmount
        string: OrderItems[].RevenueType OrderItems[].CreatorProfileId
        string: OrderItems[].UpdaterProfileId
        date-time: OrderItems[].CreatedUtc OrderItems[].UpdatedUtc
        date-time: OrderItems[].ConsumedUtc OrderItems[].CanceledUtc
        date-time: OrderItems[].ClosedUtc OrderItems[].StartUtc
        string: OrderItems[].AccountingState
        object: OrderItems[].Data
        string: OrderItems[].Data.Discriminator
        object: OrderItems[].Data.Value
        any: OrderItems[].Data.Value.*
        deprecated object: PaymentItems[]
        string: PaymentItems[].Id PaymentItems[].AccountId PaymentItems[].BillId
        string: PaymentItems[].AccountingCategoryId
        amount: PaymentItems[].Amount PaymentItems[].OriginalAmount
        string: PaymentItems[].Notes PaymentItems[].SettlementId
        date-time: PaymentItems[].ConsumedUtc PaymentItems[].ClosedUtc
        string: PaymentItems[].AccountingState PaymentItems[].State
        string: PaymentItems[].Identifier
        object: PaymentItems[].Data
        string: PaymentItems[].Data.Discriminator
        object: PaymentItems[].Data.Value
        any: PaymentItems[].Data.Value.*
        deprecated amount: PaymentItems[].AmountDefault
        deprecated object: AssigneeData
        string: AssigneeData.Discriminator
        object: AssigneeData.Value
        any: AssigneeData.Value.*
        deprecated bill_company: CompanyDetails
    """,
    "availability_adjustments": """
        string: Id AvailabilityBlockId ResourceCategoryId
        date-time: FirstTimeUnitStartUtc LastTimeUnitStartUtc
        integer: UnitCount
        date-time: ReleaseOverrideUtc UpdatedUtc
        boolean: IsActive
        object: PaxCounts[]
        integer: PaxCounts[].PersonCount PaxCounts[].UnitCount
        date-time: FirstTimeUnitReleaseUtc
        deprecated date-time: StartUtc EndUtc
        deprecated string: ActivityState
    """,
    "availability_blocks": """
        string: Id EnterpriseId ServiceId RateId VoucherId BookerId CompanyId
        string: TravelAgencyId
        object: Budget
        string: Budget.Currency
        number: Budget.Value
        deprecated number: Budget.Net Budget.Tax Budget.TaxRate
        string: State ReservationPurpose
        date-time: CreatedUtc UpdatedUtc FirstTimeUnitStartUtc
        date-time: LastTimeUnitStartUtc ReleasedUtc
        string: RollingReleaseOffset ExternalIdentifier Name Notes
        string: PickupDistribution
        boolean: IsActive
        string: QuoteId AvailabilityBlockNumber ReleaseStrategy
        string: PurchaseOrderNumber BusinessSegmentId
        date-time: CanceledUtc
        string: CancellationReason CancellationReasonDetail
    """,
    "resource_blocks": """
        string: Id EnterpriseId AssignedResourceId
        boolean: IsActive
        string: Type
        date-time: StartUtc EndUtc CreatedUtc UpdatedUtc DeletedUtc
        string: Name Notes
    """,
    "ledger_entries": """
        string: Id EnterpriseId TransactionId AccountId BillId
        string: AccountingCategoryId AccountingItemId AccountingItemType
        string: LedgerType LedgerEntryType
        date: PostingDate
        number: Value NetBaseValue
        string: TaxRateCode
        date-time: CreatedUtc
    """,
    "companionships": """
        string: Id CustomerId ReservationGroupId ReservationId
        date-time: ReservationGroupUpdatedUtc
    """,
    "source_assignments": """
        string: Id ReservationId SourceId
        boolean: IsPrimary
        date-time: UpdatedUtc
    """,
    "reservation_group_source_assignments": """
        string: Id ReservationGroupId SourceId
        boolean: IsPrimary
    """,
    "enterprises": """
        string: Id ExternalIdentifier HoldingKey ChainId ChainName
        date-time: CreatedUtc UpdatedUtc
        string: Name ShortName TimeZoneIdentifier LegalEnvironmentCode
        string: AccommodationEnvironmentCode AccountingEnvironmentCode
        string: TaxEnvironmentCode DefaultLanguageCode
        string: AccountingEditableHistoryInterval
        string: OperationalEditableHistoryInterval BusinessDayClosingOffset
        string: WebsiteUrl Email Phone LogoImageId CoverImageId Pricing
        integer: TaxPrecision
        string: AddressId
        address: Address
        string: GroupNames[]
        object: Subscription
        string: Subscription.TaxIdentifier
        date-time: LinkedUtc
        deprecated string: EditableHistoryInterval
    """,
}


def documented_properties(stream: str) -> dict[str, Property]:
    """Give every property of a stream, nested ones included, by its dotted path."""
    return _expand(STREAMS[stream])


def _expand(text: str) -> dict[str, Property]:
    properties: dict[str, Property] = {}
    for line in text.strip().splitlines():
        *deprecated, kind = line.strip().partition(": ")[0].split()
        for path in line.partition(": ")[2].split():
            shape = _expand(SHAPES[kind]) if kind in SHAPES else {}
            json_type = "object" if shape else kind
            properties[path] = Property(json_type, deprecated=bool(deprecated))
            properties |= {f"{path}.{name}": value for name, value in shape.items()}
    return properties
