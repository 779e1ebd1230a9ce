"""The shape of every entity: each documented property, deprecated ones too."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.encoding import Json

_PROPERTIES = {
    "OrderItem": """Id EnterpriseId AccountId AccountType ServiceId ServiceOrderId Notes
        BillId AccountingCategoryId BillingName ExternalIdentifier UnitCount UnitAmount
        Amount OriginalAmount RevenueType CreatorProfileId UpdaterProfileId CreatedUtc
        UpdatedUtc ConsumedUtc CanceledUtc ClosedUtc StartUtc ClaimedUtc AccountingState
        Type Options Data TaxExemptionReason TaxExemptionLegalReference""",
    "Payment": """Id EnterpriseId AccountId AccountType PaymentRequestId BillId
        ReservationId AccountingCategoryId Amount OriginalAmount Notes SettlementId
        ConsumedUtc ClosedUtc ChargedUtc CreatedUtc UpdatedUtc SettlementUtc
        AccountingState State Identifier Type Kind Data PaymentOrigin""",
    "Reservation": """Id ServiceId AccountId AccountType CreatorProfileId
        UpdaterProfileId BookerId Number State Origin CommanderOrigin OriginDetails
        CreatedUtc UpdatedUtc CancelledUtc VoucherId BusinessSegmentId Options RateId
        CreditCardId GroupId RequestedResourceCategoryId AssignedResourceId
        AvailabilityBlockId PartnerCompanyId TravelAgencyId AssignedResourceLocked
        ChannelNumber ChannelManagerNumber CancellationReason ReleasedUtc
        ScheduledStartUtc ActualStartUtc ScheduledEndUtc ActualEndUtc Purpose QrCodeData
        PersonCounts StartUtc EndUtc""",
    "Customer": """Id ChainId Number Title Sex FirstName LastName SecondLastName
        NationalityCode PreferredLanguageCode LanguageCode BirthDate BirthCountryCode
        BirthCountrySubdivisionCode BirthPlace Occupation Email HasOtaEmail Phone
        TaxIdentificationNumber LoyaltyCode AccountingCode BillingCode Notes
        CarRegistrationNumber DietaryRequirements CreatedUtc UpdatedUtc AddressId
        Classifications Options ItalianDestinationCode ItalianFiscalCode
        ItalianLotteryCode CompanyId MergeTargetId IsActive PreferredSpaceFeatures
        CreatorProfileId UpdaterProfileId Passport IdentityCard Visa DriversLicense
        Address ActivityState""",
    "Company": """Id ChainId Name MotherCompanyId InvoicingEmail WebsiteUrl
        InvoiceDueInterval Options CreditRating Department DunsNumber
        ReferenceIdentifier AccountingCode AdditionalTaxIdentifier BillingCode Contact
        ContactPerson Identifier Iata IsActive Notes Number TaxIdentifier Telephone
        CreatedUtc UpdatedUtc AddressId MergeTargetId ExternalIdentifier
        ElectronicInvoiceIdentifier Address TaxIdentificationNumber""",
    "Bill": """Id Name EnterpriseId AccountId AccountType AssociatedAccountIds CounterId
        State Type Number VariableSymbol CreatedUtc IssuedUtc TaxedUtc PaidUtc DueUtc
        LastReminderDateUtc UpdatedUtc PurchaseOrderNumber Notes Options OwnerData
        AssociatedAccountData EnterpriseData CorrectionState CorrectionType
        CorrectedBillId CustomerId CompanyId Revenue Payments OrderItems PaymentItems
        AssigneeData CompanyDetails""",
    "AvailabilityAdjustment": """Id AvailabilityBlockId ResourceCategoryId
        FirstTimeUnitStartUtc LastTimeUnitStartUtc UnitCount ReleaseOverrideUtc
        UpdatedUtc IsActive PaxCounts FirstTimeUnitReleaseUtc StartUtc EndUtc
        ActivityState""",
    "AvailabilityBlock": """Id EnterpriseId ServiceId RateId VoucherId BookerId
        CompanyId TravelAgencyId Budget State ReservationPurpose CreatedUtc UpdatedUtc
        FirstTimeUnitStartUtc LastTimeUnitStartUtc ReleasedUtc RollingReleaseOffset
        ExternalIdentifier Name Notes PickupDistribution IsActive QuoteId
        AvailabilityBlockNumber ReleaseStrategy PurchaseOrderNumber BusinessSegmentId
        CanceledUtc CancellationReason CancellationReasonDetail""",
    "ResourceBlock": """Id EnterpriseId AssignedResourceId IsActive Type StartUtc EndUtc
        CreatedUtc UpdatedUtc DeletedUtc Name Notes""",
    "LedgerEntry": """Id EnterpriseId TransactionId AccountId BillId
        AccountingCategoryId AccountingItemId AccountingItemType LedgerType
        LedgerEntryType PostingDate Value NetBaseValue TaxRateCode CreatedUtc""",
    "Companionship": "Id CustomerId ReservationGroupId ReservationId",
    "SourceAssignment_2024_09_20": "Id ReservationId SourceId IsPrimary UpdatedUtc",
    "SourceAssignment": "Id ReservationGroupId SourceId IsPrimary",
    "Enterprise": """Id ExternalIdentifier HoldingKey ChainId ChainName CreatedUtc
        UpdatedUtc Name ShortName TimeZoneIdentifier LegalEnvironmentCode
        AccommodationEnvironmentCode AccountingEnvironmentCode TaxEnvironmentCode
        DefaultLanguageCode AccountingEditableHistoryInterval
        OperationalEditableHistoryInterval BusinessDayClosingOffset WebsiteUrl Email
        Phone LogoImageId CoverImageId Pricing TaxPrecision AddressId Address GroupNames
        Subscription LinkedUtc EditableHistoryInterval""",
}
_BLANK = {name: dict.fromkeys(text.split()) for name, text in _PROPERTIES.items()}
ENTITIES = tuple(_PROPERTIES)

_CENT = Decimal("0.01")


def shape(entity: str, values: dict[str, Any]) -> Json:
    """Give a row with every documented property, null where no value is given."""
    return {**_BLANK[entity], **values}


def cents(value: Decimal | float) -> Decimal:
    """Round to two digits and keep both of them."""
    return Decimal(value).quantize(_CENT)


def amount(gross: Decimal, code: str | None = None, percent: int = 0) -> Json:
    """Give an amount in euro with one tax included, or untaxed without a code."""
    net = cents(gross * 100 / (100 + percent))
    tax = cents(gross - net)
    part = {"TaxRateCode": code, "NetValue": net, "TaxValue": tax}
    return {
        "Currency": "EUR",
        "NetValue": net,
        "GrossValue": cents(gross),
        "TaxValues": [{"Code": code, "Value": tax}] if code else [],
        "Breakdown": {"Items": [part]},
    }


def coproduct(kind: str, members: str, value: Json) -> Json:
    """Give a discriminated union as Mews writes it: one member set, the rest null."""
    return {"Discriminator": kind, **dict.fromkeys(members.split()), kind: value}


def address(key: str, line: str, city: str, postal: str, country: str) -> Json:
    """Give a postal address."""
    return {
        "Id": key,
        "Line1": line,
        "Line2": None,
        "City": city,
        "PostalCode": postal,
        "CountryCode": country,
        "CountrySubdivisionCode": None,
        "Latitude": None,
        "Longitude": None,
    }
